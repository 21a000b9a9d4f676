"""Says so where the pure-Python client is installed over this one: both have the same import name."""

from __future__ import annotations

import os
from collections.abc import Iterable

# A module of the pure-Python client that this package does not have.
_FOREIGN_MODULE = "sdk_version.py"


def warn_of_another_client(paths: Iterable[str]) -> None:
    """Warns if files of ``kameleoon-client-python`` stand among ours. One look at the file system."""
    if any(os.path.exists(os.path.join(path, _FOREIGN_MODULE)) for path in paths):
        import warnings  # here, so that importing the package stays fast

        warnings.warn(
            "kameleoon-client-python is installed beside kameleoon-rs, under the same import name; uninstall both, "
            "then install kameleoon-rs again",
            UserWarning,
            stacklevel=3,
        )
