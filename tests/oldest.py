"""The oldest version of each dependency that ``pyproject.toml`` allows: ``python -m tests.oldest`` prints them for pip."""

from __future__ import annotations

import re
from pathlib import Path

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def oldest(project: str) -> list[str]:
    """``name==version`` for each ``name>=version`` of the dependencies and of the extras."""
    lists = re.findall(r"^(?:dependencies|async) = \[(.*)\]", project, re.MULTILINE)
    requirements = re.findall(r'"([^"]+)"', ", ".join(lists))
    assert requirements, "the lists of pyproject.toml are written otherwise"
    pins = [re.sub(r"^([\w-]+)>=([\d.]+)(?:,.*)?$", r"\1==\2", requirement) for requirement in requirements]
    assert all("==" in pin for pin in pins), pins
    return pins


if __name__ == "__main__":
    print(*oldest(_PROJECT.read_text(encoding="utf-8")))
