"""``docs/coverage.md``: a table of the parts, and below it the places that no test takes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.coverage.reading import File, Language

__all__ = ["write_page"]

_HEAD = """# What the tests take

`make coverage` writes this page: both languages counted in one run of the tests of `make test` and `make test-long`, without
those that measure time or memory, and without real servers, Redis, Spark and Ray; the extension is built so that it counts. A line or a branch that no test takes is no proof of a fault, and one that is taken no proof of the contrary:
[mutants](proof.md#mutants) say more of the core.
"""


def write_page(path: Path, *languages: Language) -> None:
    """Of each language a table of its folders, and the files with what was never taken."""
    parts = [_HEAD]
    for language in languages:
        parts += [f"\n## {language.name}\n\n", _table(language), "\n"]
        never = [f"| `{file.name}` | {', '.join(file.never)} |\n" for file in language.files if file.never]
        if never:
            parts += [f"\n### {language.name}: never taken\n\n| file | lines |\n|---|---|\n", *never]
    path.write_text("".join(parts).replace("\n\n\n", "\n\n"), encoding="utf-8")


def _table(language: Language) -> str:
    folders: dict[str, list[File]] = defaultdict(list)
    for file in language.files:
        folder, _, _ = file.name.rpartition("/")
        folders[folder.split("/")[0] or "."].append(file)
    rows = [f"| | lines | {language.finer} |\n|---|---|---|\n"]
    for folder, files in sorted(folders.items()):
        rows.append(f"| `{folder}` | {' | '.join(language.of(files))} |\n")
    rows.append(f"| **all** | **{'** | **'.join(language.of(language.files))}** |\n")
    return "".join(rows)
