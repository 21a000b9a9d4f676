"""Runs tests on an interpreter that ThreadSanitizer watches, and tells of the races that the extension takes part in.

python -m tests.races.thread_sanitizer PYTHON SUPPRESSIONS TEST…      (``make tsan-python``)
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXTENSION = "_native.cpython"
BAR = "=================="
STACK = re.compile(r"\n\n+")


def of_extension(log: str) -> list[str]:
    """The reports in which the extension itself reads, writes or locks: in the first frames of one of the two stacks,
    not further out, where it has called Python.
    """
    reports = [report for report in log.split(BAR) if "WARNING: ThreadSanitizer" in report]
    return [report for report in reports if any(_is_own(stack) for stack in STACK.split(report)[:2])]


def _is_own(stack: str) -> bool:
    frames = [line for line in stack.splitlines() if line.strip().startswith("#")]
    for frame in frames:
        if EXTENSION in frame:
            return True
        if "python" in frame:
            return False
    return False


def main(python: str, suppressions: str, tests: list[str]) -> int:
    """1 where there is such a race, or where a test fails."""
    with tempfile.TemporaryDirectory() as folder:
        options = f"suppressions={suppressions} log_path={folder}/log exitcode=0 report_signal_unsafe=0 history_size=4"
        command = [python, "-m", "pytest", "-q", "-p", "no:benchmark", "-p", "no:cacheprovider", *tests]
        # The sanitizer's shadow memory lies where a kernel of today may have put a library.
        done = subprocess.run(
            ["setarch", platform.machine(), "--addr-no-randomize", *command],
            env={**os.environ, "TSAN_OPTIONS": options},
            check=False,
        )
        log = "".join(path.read_text(errors="replace") for path in sorted(Path(folder).glob("log.*")))
    found = of_extension(log)
    print(*found, sep=BAR)
    print(f"{log.count('WARNING: ThreadSanitizer')} reports in all, {len(found)} of the extension")
    return 1 if found or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
