"""The example runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")

SHOP = Path(__file__).parents[2] / "examples" / "openfeature" / "greeting.py"


def test_the_shop_runs() -> None:
    done = subprocess.run([sys.executable, str(SHOP)], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[:2] == ["Welcome back on TARGETING_MATCH", "False"], done.stderr
    assert done.stdout.splitlines()[2].endswith("events arrived")
