"""How this program was called: ``kameleoon`` as a console script, ``python -m kameleoon`` as a module."""

from __future__ import annotations

import os
import sys

__all__ = ["program"]


def program() -> str:
    """What a user types before the name of a command."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    return "kameleoon" if name.removesuffix(".exe") == "kameleoon" else "python -m kameleoon"
