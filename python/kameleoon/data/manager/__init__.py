"""What programs import of the pure-Python client's visitors; no part of the documented API
(docs/migrating.md#names).
"""
