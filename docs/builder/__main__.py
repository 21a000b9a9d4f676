"""``python -m docs.builder``: writes the pages and the settings of the site into ``.site/``."""

from __future__ import annotations

import shutil
from pathlib import Path

from docs.builder import drawings, links, navigation, reference

ROOT = Path(__file__).parents[2]
SITE = ROOT / ".site"
SETTINGS = Path(__file__).with_name("zensical.toml")
LEFT_OUT = shutil.ignore_patterns("*.py", "*.json", "builder", "__pycache__", "*.md")


def main() -> None:
    """Writes all of it anew."""
    pages = SITE / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(ROOT / "docs", pages, ignore=LEFT_OUT)
    shutil.copy(Path(__file__).with_name("site.css"), pages)
    for place, text in {**links.pages(), **reference.pages()}.items():
        page = pages / place
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(drawings.inlined(text), encoding="utf-8")
    settings = SETTINGS.read_text(encoding="utf-8")
    nav = navigation.as_toml(navigation.navigation() + reference.navigation())
    (SITE / "zensical.toml").write_text(settings.replace("nav = []", f"nav = {nav}"), encoding="utf-8")


if __name__ == "__main__":
    main()
