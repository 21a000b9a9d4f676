"""The settings of a client: one table (``table.py``) of kinds of values (``kinds.py``, ``addresses.py``), read from a
file or the process environment (``sources.py``).
"""
