"""``python -m docs.builder.check FOLDER``: a built site's links lead somewhere, and it loads nothing from elsewhere.

The builder checks the links of Markdown; this checks those of the reference and of the theme too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Optional
from urllib.parse import unquote

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""What a browser loads without being asked."""
SEEN_BY_OTHERS = {"canonical", "next", "prev", "alternate"}
"""Kinds of ``<link>`` that a browser does not load."""


class HtmlPage(HTMLParser):
    """The anchors of a page, where it leads, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        """Called for each element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED and LOADED[tag] in values and values.get("rel") not in SEEN_BY_OTHERS:
            self.loaded.append(values[LOADED[tag]])


def wrong(folder: Path) -> Iterator[str]:
    """What is wrong with the links of a site, a line each."""
    pages = {path.resolve(): HtmlPage(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        shown = path.relative_to(folder.resolve())
        if shown.name == "404.html":
            continue  # it is shown at any address, so its links begin at the root
        for address in page.loaded:
            if "//" in address:
                yield f"{shown} loads {address!r} from elsewhere"
            elif not address.startswith("data:") and not (path.parent / unquote(address)).exists():
                yield f"{shown} loads {address!r}, which is not there"
        for link in page.links:
            place, _, anchor = unquote(link).partition("#")
            if ":" in place:
                continue
            target = (path.parent / place).resolve() if place else path
            target = target / "index.html" if target.is_dir() else target
            if target not in pages and not target.exists():
                yield f"{shown} leads to {link!r}, which is not there"
            elif anchor and target in pages and anchor not in pages[target].anchors:
                yield f"{shown} leads to {link!r}, where there is no such heading"


def main(folder: str) -> int:
    """Says what is wrong; 1 where anything is."""
    found = list(wrong(Path(folder)))
    for line in found:
        sys.stderr.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
