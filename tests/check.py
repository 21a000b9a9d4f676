"""Format, lint, types and tests of one file: ``make check FILE=python/kameleoon/_lanes.py``.

usage: python -m tests.check FILE

The tests of a module of the package are the test files that import it, and those that are named after it. What a change
breaks elsewhere, `make test` finds.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TYPED = ("python/kameleoon", "tests/typing", "examples")
"""What mypy and pyright check, as pyproject.toml has it."""

Command = list[str]


def commands(file: Path) -> tuple[list[Command], list[Command]]:
    """What can run at once, and what runs after it. ``file`` is relative to the repository's root."""
    name = file.as_posix()
    if file.suffix in (".py", ".pyi"):
        checks = [python("ruff", "format", "--check", name), python("ruff", "check", name)]
        if name.startswith(TYPED):
            checks += [python("mypy", name), python("pyright", name)]
        return checks, pytest(tests_of(file))
    if file.suffix == ".rs":
        features = ["--features", "python"] if "src/python/" in name else []
        checks = [["rustfmt", "--check", "--edition", "2024", name]]
        return checks, [cargo("clippy", "--all-targets", *features, "--", "-D", "warnings"), *cargo_tests(file)]
    if name.startswith("docs/") and file.suffix == ".md":
        return [], [python("pytest", "-q", "-p", "no:benchmark", "tests/docs/test_pages.py", "-k", file.stem)]
    raise SystemExit(f"{name!r} has no check of its own. hint: a .py, .rs or docs/*.md file; make test for all")


def python(module: str, *arguments: str) -> Command:
    return [sys.executable, "-m", module, *arguments]


def pytest(files: list[Path]) -> list[Command]:
    """Several files at once: most tests wait for a server or a clock."""
    at_once = ["--numprocesses", "4"] if len(files) > 1 else []
    return [python("pytest", "-q", "-m", "not long", "-p", "no:benchmark", *at_once, *map(str, files))] if files else []


def cargo(command: str, *arguments: str) -> Command:
    return ["cargo", command, "--quiet", "--manifest-path", "rust/Cargo.toml", *arguments]


def cargo_tests(file: Path) -> list[Command]:
    """The unit tests of a module, or those of a file of ``rust/tests``."""
    if file.parts[1] == "tests":
        return [cargo("test", "--test", file.stem)]
    parts = [part for part in file.with_suffix("").parts[2:] if part not in ("mod", "lib", "tests")]
    return [] if parts[:1] == ["python"] else [cargo("test", "--lib", "::".join(parts))]


def tests_of(file: Path) -> list[Path]:
    """The test files of a Python file: itself, those beside it, or those that import it or are named after it."""
    if file.parts[0] == "tests":
        beside = sorted((ROOT / file.parent).glob("test_*.py"))
        return [file] if file.name.startswith("test_") else [path.relative_to(ROOT) for path in beside]
    if file.parts[:2] != ("python", "kameleoon"):
        return []
    module = ".".join(file.with_suffix("").parts[1:]).removesuffix(".__init__")
    stem = module.rpartition(".")[2].lstrip("_")
    return [
        path.relative_to(ROOT)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if path.stem.removeprefix("test_") == stem or module in imported(path)
    ]


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it; of ``from a import b`` also ``a.b``, which may be one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def main(file: Path) -> int:
    """Runs all of it; the number of commands that failed."""
    begun = time.monotonic()
    at_once, afterwards = commands(file)
    running = [(command, subprocess.Popen(command, cwd=ROOT)) for command in at_once]
    failed = [command for command, process in running if process.wait() != 0]
    failed += [command for command in afterwards if subprocess.run(command, cwd=ROOT, check=False).returncode != 0]
    for command in failed:
        print("failed:", " ".join(command).replace(sys.executable, "python"))
    if not any("pytest" in command or "test" in command for command in afterwards):
        print("no test is its own: make test")
    print(f"{file}: {'not ' if failed else ''}well, {time.monotonic() - begun:.0f} s")
    return len(failed)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        raise SystemExit("no such file. hint: make check FILE=python/kameleoon/visitor.py")
    sys.exit(main(Path(sys.argv[1]).resolve().relative_to(ROOT)))
