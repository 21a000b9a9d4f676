"""Says so where the pure-Python client is installed beside this one: both have the same import name, so that each
writes over the other's files (docs/migrating.md#beside-the-other-distribution).
"""

from __future__ import annotations

import os

_FOREIGN_MODULES = ("network/network_manager.py", "targeting/targeting_manager.py")
"""Modules of the pure-Python client, at its oldest level and its newest, that this package never has."""

_HERE = os.path.dirname(os.path.abspath(__file__))


def has_another_client(folder: str = _HERE) -> bool:
    """Whether files of ``kameleoon-client-python`` stand among ours in ``folder``: two looks at the file system."""
    return any(os.path.exists(os.path.join(folder, module)) for module in _FOREIGN_MODULES)


def warn_of_another_client(folder: str = _HERE) -> None:
    """Warns if files of ``kameleoon-client-python`` stand among ours in ``folder``."""
    if has_another_client(folder):
        import warnings  # here, so that importing the package stays fast

        warnings.warn(
            "kameleoon-client-python is installed beside kameleoon-rs, under the same import name: each has written "
            "over files of the other. hint: uninstall both, then install kameleoon-rs again; where another package "
            "requires kameleoon-client-python, see docs/migrating.md",
            UserWarning,
            stacklevel=3,
        )
