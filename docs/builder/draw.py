"""``python -m docs.builder.draw``: writes ``docs/figures/drawn/``; part of ``make docs``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docs.builder import draw_concepts, draw_house

FOLDER = Path(__file__).parents[1] / "figures" / "drawn"
DRAWINGS: dict[str, Callable[[], str]] = {**draw_concepts.DRAWINGS, **draw_house.DRAWINGS}


def main() -> None:
    """Writes each drawing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
