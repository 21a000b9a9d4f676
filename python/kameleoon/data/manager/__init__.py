"""What programs import of the pure-Python client's visitors. No part of the documented API (docs/migrating.md#names)."""
