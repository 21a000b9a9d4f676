"""The log of this package (spec 5, Events and logging)."""
