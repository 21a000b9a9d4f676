"""The pages of the site, and where their links lead.

Files of the repository outside ``docs/`` that a page links to are pages of the site too, so that it needs nothing else:
a Markdown file as it is, a source file as a page with its text, a folder as a list of its files. A link to what is not
there stays as it is, and the strict build refuses it.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDER = "repository"
"""Where the files outside ``docs/`` are in the site."""
LANGUAGES = {".py": "python", ".toml": "toml", ".rs": "rust", ".json": "json", ".yml": "yaml", ".yaml": "yaml"}

_LINK = re.compile(r"(\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s]+)(\))")
_FENCED = re.compile(r"^(```+|~~~+).*?^\1 *$", re.DOTALL | re.MULTILINE)


def place_of(path: Path) -> str | None:
    """Where a file of the repository is in the site; ``None`` for what is not there, or outside of the repository."""
    if not path.exists() or not path.is_relative_to(ROOT):
        return None
    if path in (DOCS, DOCS / "README.md"):
        return "index.md"
    name = path.relative_to(ROOT).as_posix()
    if path.is_relative_to(DOCS) and path.suffix in {".md", ".png", ".svg"}:
        return path.relative_to(DOCS).as_posix()
    return f"{FOLDER}/{name}" if path.suffix == ".md" else f"{FOLDER}/{name}.md"


def text_of(path: Path) -> str:
    """The page of a file or a folder, its links as they are."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix in LANGUAGES)
        return f"# {name}\n\n" + "".join(f"- [{file.name}]({file.name})\n" for file in files)
    text = path.read_text(encoding="utf-8")
    return f"# {name}\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n````\n"


def _target(link: str, page: Path) -> Path | None:
    """The file that a page's link leads to; ``None`` for a heading of the same page and for other servers."""
    path = link.partition("#")[0]
    if not path or "://" in path or path.startswith("mailto:"):
        return None
    return Path(os.path.normpath((page if page.is_dir() else page.parent) / path))


def moved(text: str, page: Path) -> tuple[str, list[Path]]:
    """A page's text with its links as they are in the site, and the files that they lead to."""
    targets: list[Path] = []
    folder = posixpath.dirname(place_of(page) or "")

    def move(match: re.Match[str]) -> str:
        target = _target(match[2], page)
        place = place_of(target) if target is not None else None
        if target is None or place is None:
            return match[0]
        targets.append(target)
        return f"{match[1]}{posixpath.relpath(place, folder or '.')}{''.join(match[2].partition('#')[1:])}{match[3]}"

    kept = [match[0] for match in _FENCED.finditer(text)]  # code has no links
    prose = [_LINK.sub(move, part) for part in _FENCED.sub("\0", text).split("\0")]
    return "".join(part + code for part, code in zip(prose, [*kept, ""])), targets


def pages() -> dict[str, str]:
    """The text of each page of ``docs/``, and of what they lead to, by its place in the site."""
    found: dict[str, str] = {}
    waiting = sorted(DOCS.glob("*.md"))
    while waiting:
        path = waiting.pop()
        place = place_of(path)
        if place is None or place in found or path.suffix in {".png", ".svg"}:
            continue
        found[place], targets = moved(text_of(path), path)
        waiting += targets
    return found
