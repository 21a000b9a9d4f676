"""The drawings are those of the code as it is."""

from __future__ import annotations

import doctest
import xml.etree.ElementTree as ElementTree

import pytest
from docs.builder import draw, draw_house, drawings


@pytest.mark.parametrize("name", draw.DRAWINGS)
def test_a_drawing_is_up_to_date(name: str) -> None:
    drawn = (draw.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert drawn == draw.DRAWINGS[name](), "hint: make docs"
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_every_drawing_is_on_a_page() -> None:
    assert sorted(path.stem for path in draw.FOLDER.iterdir()) == sorted(draw.DRAWINGS)
    text = "".join(page.read_text(encoding="utf-8") for page in drawings.DOCS.glob("*.md"))
    assert [name for name in draw.DRAWINGS if f"figures/drawn/{name}.svg)" not in text] == []


def test_the_house_has_all_rooms() -> None:
    python, rust = draw_house.python_house(), draw_house.rust_house()
    assert set(draw_house.ROOMS) <= set(python)
    assert python["Frameworks"] >= {"The client"}
    assert rust["engine"] >= {"evaluation", "delivery"}
    assert all("engine" not in uses for module, uses in rust.items() if module != "python")


def test_a_circle_is_named() -> None:
    assert doctest.testmod(draw_house).failed == 0
    with pytest.raises(ValueError, match="rooms in a circle: a -> b -> a"):
        draw_house.reduced({"a": {"b"}, "b": {"a"}})


def test_on_the_site_a_drawing_has_the_colours_of_the_page() -> None:
    page = drawings.inlined("# Page\n\n![A call](figures/drawn/call.svg)\n")
    assert page.startswith('# Page\n\n<div class="drawing"><svg ')
    assert "<style>" not in page
    assert "\n" not in page.splitlines()[2]
