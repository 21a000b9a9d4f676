"""Drawings as SVG: boxes, arrows and words, in the reader's own colours.

Lines and words have ``currentColor``. On a page of the site that is the page's own; elsewhere the style at the top of
the drawing sets it, light or dark, as the reader's system is.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

FONT = 15
SMALL = 13
"""Beside arrows, and after the first line of a box."""
LINE = 20
"""Between two lines of text, in pixels."""
COLOURS = {"rust": "#c2571a", "python": "#2b7bb9", "outside": "#808890", "good": "#2a9d6f", "bad": "#c8443c"}
"""What the fill of a box says: in Rust, in Python, elsewhere. All are read on white and on black."""
BACKGROUND = "var(--md-default-bg-color, Canvas)"
"""The page's own colour, behind a box: arrows pass behind it."""
STYLE = (
    "<style>svg { color: #1f2328; color-scheme: light dark } "
    "@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }</style>"
)
HEAD = (
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
    'orient="auto-start-reverse"><path d="M0 1L9 5L0 9z" fill="currentColor" fill-opacity="0.75"/></marker></defs>'
)
"""Of an arrow."""


class Box(NamedTuple):
    """A box that has been drawn, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> tuple[float, float]:
        """The middle of the upper edge."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        """The middle of the lower edge."""
        return self.x + self.width / 2, self.y + self.height

    @property
    def left(self) -> tuple[float, float]:
        """The middle of the left edge."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        """The middle of the right edge."""
        return self.x + self.width, self.y + self.height / 2


class Canvas:
    """A drawing, ``width`` pixels wide; it is as high as what is on it."""

    def __init__(self, title: str, width: int = 640) -> None:
        self._title = title
        self._width = width
        self._height = 0.0
        self._arrows: list[str] = []  # under all else
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, text: str, kind: str = "outside", height: float = 0) -> Box:
        """A box with lines of text in its middle, the first of them larger, and bold where there are several."""
        lines = text.splitlines()
        height = height or LINE * len(lines) + 16
        colour = COLOURS[kind]
        place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7"'
        self._parts.append(f'<rect {place} fill="{BACKGROUND}"/>')
        self._parts.append(f'<rect {place} fill="{colour}" fill-opacity="0.14" stroke="{colour}" stroke-width="1.5"/>')
        middle = y + height / 2 - LINE * (len(lines) - 1) / 2 + FONT * 0.35
        for number, line in enumerate(lines):
            is_bold = number == 0 and len(lines) > 1
            size = SMALL if number else FONT
            self.text(x + width / 2, middle + LINE * number, line, is_bold=is_bold, size=size)
        return self._grown(Box(x, y, width, height))

    def group(self, x: float, y: float, width: float, height: float, text: str, kind: str) -> Box:
        """A frame around boxes, with its name at the upper left."""
        colour = COLOURS[kind]
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="none" '
            f'stroke="{colour}" stroke-dasharray="5 4"/>'
        )
        self.text(x + 12, y + 20, text, anchor="start", size=SMALL, opacity=0.8)
        return self._grown(Box(x, y, width, height))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "middle",
        size: int = FONT,
        is_bold: bool = False,
        opacity: float = 1,
    ) -> None:
        """A line of text, with its baseline at ``y``."""
        weight = ' font-weight="600"' if is_bold else ""
        faint = f' opacity="{opacity:g}"' if opacity < 1 else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{weight}{faint}>{escape(text)}</text>'
        )
        self._height = max(self._height, y)

    def arrow(
        self,
        *points: tuple[float, float],
        text: str = "",
        at: tuple[float, float] | None = None,
        anchor: str = "start",
        opacity: float = 0.75,
    ) -> None:
        """An arrow along the points, with a word beside its middle or at ``at``."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._arrows.append(
            f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-opacity="{opacity:g}" '
            'stroke-width="1.5" marker-end="url(#head)"/>'
        )
        if text:
            (x, y) = at or ((points[0][0] + points[-1][0]) / 2 + 8, (points[0][1] + points[-1][1]) / 2 + 4)
            self.text(x, y, text, anchor=anchor, size=SMALL, opacity=0.85)
        self._height = max(self._height, *(y for _, y in points))

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1.5) -> None:
        """A line without a head."""
        self._parts.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{COLOURS[kind]}" stroke-width="{width:g}"/>'
        )
        self._height = max(self._height, y1, y2)

    def _grown(self, box: Box) -> Box:
        self._height = max(self._height, box.y + box.height)
        return box

    def svg(self) -> str:
        """The drawing as a file."""
        height = self._height + 12
        parts = "\n".join([STYLE, f"<title>{escape(self._title)}</title>", HEAD, *self._arrows, *self._parts])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {height:g}" width="{self._width}" '
            f'height="{height:g}" role="img" fill="currentColor" font-family="system-ui, sans-serif">\n{parts}\n'
            "</svg>\n"
        )
