"""The commands for tables need pyarrow: where that is not installed (not every Python has wheels of it), their tests are
left out.
"""

from __future__ import annotations

from importlib.util import find_spec

_OF_TABLES = ["test_assign.py", "test_diff.py", "test_help.py", "test_page.py", "test_shares.py"]

collect_ignore_glob = [] if find_spec("pyarrow") else _OF_TABLES
