"""Everything that talks to the service. Nothing here is imported until a client goes online."""
