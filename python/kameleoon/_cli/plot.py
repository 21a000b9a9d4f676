"""The shares as a picture: SVG, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kameleoon._cli.shares import Group

__all__ = ["picture"]

_WIDTH, _LABEL, _BAR = 820, 220, 380  # pixels: of all, of the labels on the left, of a bar of 100 %
_HEADING, _ROW, _GAP = 26, 30, 14
_ACTUAL, _CONFIGURED, _MISMATCH = "#2b6cb0", "#a0aec0", "#c53030"
_STYLE = "text{font:13px system-ui,sans-serif;fill:#1a202c}.heading{font-weight:600}.small{font-size:12px;fill:#4a5568}"


def picture(groups: Sequence[Group], rows: int) -> str:
    """For each group of visitors, and each of its variations, a bar of the share of the group, and below it one of the
    configured share. Where nothing is configured, the bar is of the share of all visitors.
    """
    parts: list[str] = []
    y = 62
    for group in groups:
        y = _group(parts, group, y)
    height = y + _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}">'
        f'<title>Variations of {rows:,} visitors</title><style>{_STYLE}</style><rect width="100%" height="100%" '
        f'fill="#fff"/><text x="16" y="28" class="heading">Variations of {rows:,} visitors</text>'
        + _key(16, "share", _ACTUAL)
        + _key(96, "configured share", _CONFIGURED)
        + _key(246, "share, sample ratio mismatch", _MISMATCH)
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _group(parts: list[str], group: Group, y: int) -> int:
    """Adds a group; returns where the next one begins."""
    y += _HEADING
    visitors = sum(line.visitors for line in group.lines)
    heading = escape(f"{group.flag}: {group.decided_by}")
    rest = escape(f"{visitors:,} visitors{', ' if group.remark else ''}{group.remark}")
    parts.append(f'<text x="16" y="{y}"><tspan class="heading">{heading}</tspan> <tspan>{rest}</tspan></text>')
    color = _MISMATCH if group.is_mismatch else _ACTUAL
    for line in group.lines:
        middle = y + 23
        parts.append(
            f'<text x="{_LABEL - 10}" y="{middle + 4}" text-anchor="end">{escape(_cut(line.variation))}</text>'
        )
        share = line.of_all if line.configured is None else line.share
        parts.append(_rect(_LABEL, middle - 9, _BAR * share, 10, color))
        shown = f"{100 * share:.2f} %{' of all' if line.configured is None else ''} ({line.visitors:,})"
        if line.configured is not None:
            parts.append(_rect(_LABEL, middle + 2, _BAR * line.configured, 6, _CONFIGURED))
            shown += f", configured {100 * line.configured:.2f} %"
        end = _LABEL + _BAR * max(share, line.configured or 0.0) + 8
        parts.append(f'<text x="{end:.1f}" y="{middle + 4}" class="small">{shown}</text>')
        y += _ROW
    return y + _GAP


def _rect(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="1" fill="{color}"/>'


def _key(x: int, label: str, color: str) -> str:
    return _rect(x, 44, 12, 10, color) + f'<text x="{x + 18}" y="54" class="small">{label}</text>'


def _cut(text: str) -> str:
    return text if len(text) <= 28 else f"{text[:27]}…"
