"""Runs the programs of ``examples/batch``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples" / "batch"
ANSWERS = {"grace": ("on", "on"), "ada": ("off", "on"), "mary": ("on", "off")}


def printed(engine: str, environment: Mapping[str, str] = {}) -> str:
    """What the example of an engine prints."""
    done = subprocess.run(
        [sys.executable, FOLDER / f"with_{engine}.py"],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(text: str) -> dict[str, tuple[str, ...]]:
    """The variations of each visitor, however an engine draws its tables."""
    lines = [re.findall(r"\b(grace|ada|mary|on|off)\b", line) for line in text.splitlines()]
    return {words[0]: tuple(words[1:]) for words in lines if words and words[0] in ANSWERS}
