"""Runs ``python -m kameleoon`` as users do, and the files that its commands are given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.data_files import data_file, flag, rule, segment

PLAN_IS_PRO = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "EXACT", "value": "pro"}


def experiment(identifier: int, shares: dict[str, float], **more: Any) -> dict[str, Any]:
    exposures = [
        {"variationKey": key, "variationId": 100 * identifier + number, "exposition": share}
        for number, (key, share) in enumerate(shares.items())
    ]
    return rule(identifier, type="EXPERIMENTATION", variationByExposition=exposures, **more)


def shop() -> dict[str, Any]:
    """A flag of halves for all; one with a delivery to whom the plan is pro, and thirds of nine tenths for the others."""
    return data_file(
        flag("new-cart", 1, [experiment(10, {"off": 0.5, "on": 0.5})]),
        flag(
            "banner",
            2,
            [
                rule(
                    20, segmentId=5, variationByExposition=[{"variationKey": "on", "variationId": 1, "exposition": 1.0}]
                ),
                experiment(21, {"off": 0.3, "on": 0.3, "red": 0.3}),
            ],
            variations=[{"key": "off"}, {"key": "on"}, {"key": "red"}],
        ),
        segments=[segment(5, dict(PLAN_IS_PRO))],
    )


def write_json(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def run_command(
    *arguments: str, stdin: str | None = None, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command; ``env``: what the environment has in addition."""
    return subprocess.run(
        [sys.executable, "-m", "kameleoon", *arguments],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )


def kameleoon(*arguments: str, status: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    """The same; fails where the exit status is another one."""
    run = run_command(*arguments, **options)
    assert run.returncode == status, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run
