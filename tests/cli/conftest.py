"""The commands for tables need pyarrow: where that is not installed (not every Python has wheels of it), their tests are
left out.
"""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pyarrow") else ["test_*.py"]
