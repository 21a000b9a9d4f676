"""Everything that talks to the service (docs/network.md). Nothing here is imported until a client goes online."""
