"""pyarrow, which the commands on tables need. Importing this module without it raises a sentence that says so.

Its modules have no types: here they are ``Any``, once for all.
"""

from __future__ import annotations

import importlib
from typing import Any

from kameleoon.exceptions import KameleoonError

__all__ = ["compute", "csv", "pa", "parquet"]

try:
    pa: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    csv: Any = importlib.import_module("pyarrow.csv")
    parquet: Any = importlib.import_module("pyarrow.parquet")
except ImportError as error:
    raise KameleoonError(
        f"tables are read and written by pyarrow, which cannot be imported: {error}",
        hint="pip install 'kameleoon-rs[arrow]'",
    ) from error
