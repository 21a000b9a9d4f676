"""The log of this package (docs/events-and-logging.md#logging)."""
