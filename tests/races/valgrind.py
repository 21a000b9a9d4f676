"""Runs tests under valgrind's memcheck, and tells of what is wrong in the extension: what is read or written that is not
its own, or was never set. (What is left behind is counted by ``growth.py``, exactly.)

python -m tests.races.valgrind TEST…      (``make valgrind``)

Python itself is not clean (it looks at what it has freed, on purpose), so what counts is a stack that begins in the
extension, or in what the extension has called without Python between.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

EXTENSION = "/kameleoon/_native."
PYTHON = ("/libpython", "/bin/python")
OPTIONS = [
    "--error-limit=no",
    "--show-leak-kinds=none",
    "--errors-for-leak-kinds=none",
    "--num-callers=30",
    "--child-silent-after-fork=yes",
]


def of_extension(report: ElementTree.Element) -> Iterator[tuple[str, list[str]]]:
    """What is wrong, and where: the innermost frames down to the extension's, for each error that is the extension's."""
    for error in report.iter("error"):
        stack = error.find("stack")
        frames = [] if stack is None else list(stack.iter("frame"))
        places = [frame.findtext("obj", "") for frame in frames]
        own = next((depth for depth, place in enumerate(places) if EXTENSION in place), None)
        if own is None or any(python in place for place in places[:own] for python in PYTHON):
            continue
        text = error.findtext("what") or error.findtext("xwhat/text") or ""
        yield text, [frame.findtext("fn") or frame.findtext("ip", "") for frame in frames[: own + 5]]


def main(tests: list[str]) -> int:
    """1 where the extension did something wrong, or where a test fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.xml")
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:benchmark", "-p", "no:cacheprovider", *tests]
        done = subprocess.run(
            ["valgrind", *OPTIONS, "--xml=yes", f"--xml-file={path}", *pytest],
            env={**os.environ, "PYTHONMALLOC": "malloc"},
            check=False,
        )
        report = ElementTree.parse(path).getroot()
    found = list(of_extension(report))
    for text, frames in found:
        print(text, *frames, sep="\n    ")
    print(f"{len(list(report.iter('error')))} errors in all, {len(found)} in the extension")
    return 1 if found or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
