"""Drawings stand in the page itself, so that they have its colours, light or dark."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1]

_DRAWING = re.compile(r"!\[([^\]]*)\]\([^)]*?(figures/drawn/[\w-]+\.svg)\)")
_STYLE = re.compile(r"<style>.*?</style>\s*", re.DOTALL)


def inlined(page: str) -> str:
    """The page, with what the images hold that `docs/builder/draw.py` made. Their own colours are for other readers."""

    def drawing(match: re.Match[str]) -> str:
        image = _STYLE.sub("", (DOCS / match[2]).read_text(encoding="utf-8"))
        return f'<div class="drawing">{" ".join(image.split())}</div>'

    return _DRAWING.sub(drawing, page)
