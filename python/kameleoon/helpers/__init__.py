"""What programs import of the pure-Python client's helpers. No part of the documented API (docs/migrating.md#names)."""
