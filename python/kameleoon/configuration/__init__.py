"""What programs import of the pure-Python client's reading of a data file. No part of the documented API
(docs/migrating.md#names).
"""
