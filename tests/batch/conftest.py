"""Tables need what makes them: where that is not installed (not every Python has wheels of it), these tests are left out."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = (
    [] if all(find_spec(name) for name in ("duckdb", "pandas", "polars", "pyarrow")) else ["test_*.py"]
)
