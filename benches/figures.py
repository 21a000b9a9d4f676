"""Figures of benchmarks: where they were measured, and where they are kept (``docs/figures``)."""

from __future__ import annotations

import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "figures"


def machine() -> dict[str, Any]:
    """Where and when."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
    }


def resident_bytes() -> int:
    """The memory of this process that is in use (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def write(name: str, figures: dict[str, Any]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")


def read(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return figures
