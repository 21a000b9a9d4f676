"""What the workers of an engine tell of themselves: a line for each time that one compiles a data file."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

_SITECUSTOMIZE = """
import logging, os

class Line(logging.Handler):
    def emit(self, record):
        with open({path!r}, "a") as file:
            file.write(f"{{os.getpid()}} {{record.getMessage()}}\\n")

logging.getLogger("Kameleoon SDK").addHandler(Line())
"""


class Workers:
    """Processes that import ``sitecustomize`` from a folder of the test's, and so write down what they log."""

    def __init__(self, folder: Path) -> None:
        self._lines = folder / "lines"
        (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE.format(path=str(self._lines)))
        self.path = os.pathsep.join([str(folder), *filter(None, sys.path)])
        """Their ``PYTHONPATH``."""

    def compiled(self) -> Counter[int]:
        """How often each process has told that a part of the data file is left out."""
        lines = self._lines.read_text().splitlines() if self._lines.exists() else []
        return Counter(int(line.split()[0]) for line in lines if "this kind is not known" in line)
