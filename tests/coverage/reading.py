"""What the two counters wrote, in one shape: how much of each file was taken, and which places never were."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["File", "Language", "read_python", "read_rust"]


@dataclass
class File:
    """A file: its lines and its branches (of Rust: the regions), and which of them no test took."""

    name: str
    lines: int = 0
    lines_taken: int = 0
    branches: int = 0
    branches_taken: int = 0
    never: list[str] = field(default_factory=list)


@dataclass
class Language:
    """A language, and what its counter calls that which is finer than a line."""

    name: str
    finer: str
    files: list[File]

    @property
    def total(self) -> str:
        lines, branches = self.of(self.files)
        return f"{self.name}: {lines} of the lines, {branches} of the {self.finer}"

    @staticmethod
    def of(files: list[File]) -> tuple[str, str]:
        """Per cent of the lines, and of what is finer."""
        lines, taken = sum(file.lines for file in files), sum(file.lines_taken for file in files)
        finer, finer_taken = sum(file.branches for file in files), sum(file.branches_taken for file in files)
        return _percent(taken, lines), _percent(finer_taken, finer)


def read_rust(report: dict[str, Any], folder: Path) -> Language:
    """Of llvm-cov's JSON. A generic function is compiled many times: a line is taken where one of them was."""
    files = []
    for told in report["data"][0]["files"]:
        path = Path(told["filename"])
        if not path.is_relative_to(folder) or path.name == "tests.rs":
            continue
        summary, counts = told["summary"], _counts_by_line(told["segments"])
        tests_begin = _first_line_of_tests(path)
        lines = {line: count for line, count in counts.items() if line < tests_begin}
        file = File(path.relative_to(folder).as_posix(), len(lines), sum(1 for count in lines.values() if count))
        file.branches, file.branches_taken = summary["regions"]["count"], summary["regions"]["covered"]
        file.never = _ranges([line for line, count in lines.items() if not count])
        files.append(file)
    return Language("Rust", "regions", sorted(files, key=lambda file: file.name))


def _counts_by_line(segments: list[list[Any]]) -> dict[int, int]:
    """The largest count of the segments that begin on a line, or that it lies within."""
    counts: dict[int, int] = {}
    for (line, _, count, has_count, _, is_gap), following in zip(segments, [*segments[1:], None]):
        if not has_count or is_gap:
            continue
        end = line if following is None else following[0] - (following[1] == 1)
        for covered in range(line, max(line, end) + 1):
            counts[covered] = max(counts.get(covered, 0), count)
    return counts


def _first_line_of_tests(path: Path) -> int:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() == "#[cfg(test)]":
            return number
    return 1 << 30


def read_python(report: dict[str, Any]) -> Language:
    """Of coverage.py's JSON."""
    files = []
    for name, told in sorted(report["files"].items()):
        summary = told["summary"]
        if not summary["num_statements"]:
            continue
        jumps: dict[int, list[int]] = defaultdict(list)
        for start, end in told["missing_branches"]:
            if start not in told["missing_lines"]:
                jumps[start].append(end)
        file = File(name.split("python/kameleoon/")[-1], summary["num_statements"], summary["covered_lines"])
        file.branches, file.branches_taken = summary["num_branches"], summary["covered_branches"]
        file.never = _ranges(told["missing_lines"])
        file.never += [
            f"{start} → {'the end' if end < 0 else end}" for start, ends in sorted(jumps.items()) for end in ends
        ]
        files.append(file)
    return Language("Python", "branches", files)


def _ranges(lines: list[int]) -> list[str]:
    """``1-3, 7`` of 1, 2, 3 and 7."""
    found: list[list[int]] = []
    for line in sorted(lines):
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
