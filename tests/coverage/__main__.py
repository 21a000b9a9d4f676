"""Builds the extension so that it counts, runs the tests of both languages, and tells what they took.

``python -m tests.coverage``; ``--write`` puts it into ``docs/coverage.md``; ``-- FOLDERS`` of tests instead of all.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.coverage.page import write_page
from tests.coverage.reading import read_python, read_rust

ROOT = Path(__file__).parents[2]
RUST = ROOT / "rust"
RESULTS = ROOT / "results" / "coverage"
COVERAGE = [sys.executable, "-m", "coverage"]
SETTINGS = [f"--rcfile={Path(__file__).parent / 'settings.toml'}"]
LEFT_OUT = {"__pycache__", "coverage", "engines", "house", "servers", "sharing"}
FOLDERS = sorted(
    str(folder.relative_to(ROOT))
    for folder in (ROOT / "tests").iterdir()
    if folder.name not in LEFT_OUT and any(folder.glob("test_*.py"))
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    parser.add_argument("--report-only", action="store_true", help="of what was counted before")
    parser.add_argument("folders", nargs="*", help="folders or files of tests, after --")
    chosen = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    counting = {**os.environ, **_settings(), "COVERAGE_FILE": str(RESULTS / "python")}
    failed = 0 if chosen.report_only else _run_tests(counting, chosen.folders or FOLDERS)
    rust, python = _report(counting)
    for part in (rust, python):
        print(part.total)
    if chosen.write:
        write_page(ROOT / "docs" / "coverage.md", rust, python)
    return failed


def _settings() -> dict[str, str]:
    """What makes rustc and what it builds count, as cargo-llvm-cov says it."""
    told = subprocess.run(
        ["cargo", "llvm-cov", "show-env"], cwd=RUST, check=True, capture_output=True, text=True
    ).stdout
    return dict(line.split("=", 1) for line in shlex.split(told))


def _run_tests(environment: dict[str, str], arguments: list[str]) -> int:
    """How many of the suites failed: what they took is told all the same."""

    def run(*command: str, folder: Path = ROOT) -> int:
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode

    run("cargo", "llvm-cov", "clean", "--workspace", folder=RUST)
    failed = bool(run("cargo", "test", "--quiet", "--lib", "--tests", folder=RUST))
    # In the environment's place of the plain build; the Makefile puts that one back.
    subprocess.run(
        [sys.executable, "-m", "maturin", "develop", "--quiet", "--profile", "dev"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    run(*COVERAGE, "erase", *SETTINGS)

    # A process for each folder, not pytest-xdist's, which end too suddenly to write down what they have counted; and
    # counted from the very start: a plugin of pytest's own imports the package, before another one could count.
    def test(folder: str) -> int:
        options = ["-q", "-m", "not alone", "-p", "no:benchmark", "-p", "no:cacheprovider"]
        return run(*COVERAGE, "run", *SETTINGS, "-m", "pytest", *options, folder)

    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        failed += sum(map(bool, pool.map(test, arguments)))
    run(*COVERAGE, "combine", "--quiet", *SETTINGS)
    return failed


def _report(environment: dict[str, str]) -> tuple[Any, Any]:
    rust, python = RESULTS / "of-rust.json", RESULTS / "of-python.json"
    # A process that was killed leaves a file that is not whole: the others count.
    command = ["cargo", "llvm-cov", "report", "--failure-mode", "all", "--json", "--output-path", str(rust)]
    subprocess.run(command, cwd=RUST, env=environment, check=True)
    subprocess.run([*COVERAGE, "json", "--quiet", *SETTINGS, "-o", str(python)], cwd=ROOT, env=environment, check=True)
    return read_rust(json.loads(rust.read_text()), RUST / "src"), read_python(json.loads(python.read_text()))


if __name__ == "__main__":
    raise SystemExit(main())
