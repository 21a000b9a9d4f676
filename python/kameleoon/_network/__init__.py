"""Everything that talks to the service (spec 4). Nothing here is imported until a client goes online."""
