"""The site says everything: each page is in its navigation, each public name in its reference, each link leads somewhere."""

from __future__ import annotations

import doctest
import inspect

import pytest
from docs.builder import check, drawings, links, navigation, prose, reference

from tests.docs import pages
from tests.docs.names import is_public, modules

PARTS_OF_PARTS = (
    "kameleoon.django.",
    "kameleoon.openfeature.",
    "kameleoon.testing.",
)
"""Modules below these are what their packages are made of; programs import from the package."""


def in_the_reference() -> set[str]:
    """The names of the reference, as they are imported, and where they are at home."""
    return {
        f"{module}.{name}"
        for group in reference.groups().values()
        for module in group.modules
        for name in reference.exported(module)
    }


def test_every_public_name_is_in_the_reference() -> None:
    told = in_the_reference()
    known = {module.__name__: module for module in modules()}
    places = [name.rpartition(".") for name in told]
    objects = {id(getattr(known[module], name)) for module, _, name in places if module in known}
    missing = [
        f"{module.__name__}.{name}"
        for module in modules()
        if is_public(module.__name__)
        and (module.__name__ in {"kameleoon.django", "kameleoon.openfeature"} or not part_of_a_part(module.__name__))
        for name in getattr(module, "__all__", ())
        if name != "__version__"
        if id(getattr(module, name)) not in objects and f"{module.__name__}.{name}" not in told
        if inspect.isclass(getattr(module, name)) or inspect.isroutine(getattr(module, name))
    ]
    assert missing == [], "hint: a module of docs/builder/reference.py, GROUPS"


def part_of_a_part(module: str) -> bool:
    return module.startswith(PARTS_OF_PARTS) and all(
        module not in group.modules for group in reference.groups().values()
    )


def test_a_module_that_no_group_names_is_in_the_reference_all_the_same(monkeypatch) -> None:
    shown = {key: group for key, group in reference.GROUPS.items() if key != "openfeature"}
    shown["types"] = reference.Group("Results", "", ("kameleoon.types.variation",))
    monkeypatch.setattr(reference, "GROUPS", shown)
    found = reference.groups()
    assert "kameleoon.openfeature" in found["further-names"].modules
    assert "kameleoon.types.rule" in found["types"].modules


def test_the_reference_has_no_name_that_is_not_there() -> None:
    known = {module.__name__: module for module in modules()}
    names = [name.rpartition(".") for name in in_the_reference()]
    assert [name for module, _, name in names if module in known and not hasattr(known[module], name)] == []
    assert len(names) > 150


def test_every_page_has_its_place_in_the_navigation() -> None:
    titles = [title for entry in navigation.navigation() for title in entry]
    assert navigation.FURTHER not in titles, "docs/README.md has a row for each page"


def test_a_page_without_a_row_would_be_found(tmp_path, monkeypatch) -> None:
    (tmp_path / "README.md").write_text("## Start\n\n| [One](one.md) | |\n")
    for name in ("one", "two-words"):
        (tmp_path / f"{name}.md").write_text("# Page\n")
    monkeypatch.setattr(navigation, "DOCS", tmp_path)
    assert navigation.navigation() == [
        {"Home": "index.md"},
        {"Start": [{"One": "one.md"}]},
        {navigation.FURTHER: [{"Two words": "two-words.md"}]},
    ]
    assert navigation.as_toml(navigation.navigation()) == (
        '[{ "Home" = "index.md" }, { "Start" = [{ "One" = "one.md" }] }, '
        '{ "Further pages" = [{ "Two words" = "two-words.md" }] }]'
    )


def test_links_out_of_the_docs_are_pages_of_the_site() -> None:
    text, targets = links.moved(
        "[a](../README.md#how-fast) [b](../examples/batch) ![c](figures/compare.png) [d](nowhere.md) [e](README.md)\n"
        "```\n[f](../README.md)\n```\n[g](https://x.example/) [h](#here) [i](figures/own.json)\n",
        links.DOCS / "batch.md",
    )
    assert text == (
        "[a](repository/README.md#how-fast) [b](repository/examples/batch.md) ![c](figures/compare.png) [d](nowhere.md) "
        "[e](index.md)\n```\n[f](../README.md)\n```\n[g](https://x.example/) [h](#here) "
        "[i](repository/docs/figures/own.json.md)\n"
    )
    assert [target.name for target in targets] == ["README.md", "batch", "compare.png", "README.md", "own.json"]


def test_links_of_the_readme_lead_back_to_the_docs() -> None:
    text, _ = links.moved("[a](docs/batch.md) ![b](docs/figures/compare.png)", links.ROOT / "README.md")
    assert text == "[a](../batch.md) ![b](../figures/compare.png)"


def test_pages_of_the_repository_come_along() -> None:
    found = links.pages()
    assert {"index.md", "batch.md", "repository/README.md", "repository/examples/batch/shop.py.md"} <= set(found)
    assert found["repository/examples/batch/shop.py.md"].startswith("# examples/batch/shop.py\n\n````python\n")
    assert len([place for place in found if "/" not in place]) == len(pages.PAGES)


@pytest.mark.parametrize(
    "module", [check, navigation, drawings, reference, links, prose], ids=lambda module: module.__name__
)
def test_the_builder_is_documented(module) -> None:
    bare = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not value.__doc__
    ]
    assert bare == []
    assert doctest.testmod(module).failed == 0


def test_docstrings_are_markdown() -> None:
    assert prose.markdown("A.\n\n```python\n>>> 1\n1\n\n```") == "A.\n\n```pycon\n>>> 1\n1\n```"


WITHOUT_AN_EXAMPLE = {
    "kameleoon.data.Data": "the base of the kinds, each of which has one",
    "kameleoon.batch.ray.assign": "in a program that tests/engines runs: docs/batch.md",
    "kameleoon.batch.spark.assign": "the same",
    "kameleoon.aiohttp.visitor": "in programs that tests/samples runs: docs/frameworks.md",
    "kameleoon.django.KameleoonMiddleware": "the same: docs/django.md",
    "kameleoon.django.VisitorRequest": "the same",
    "kameleoon.fastapi.current_visitor": "the same: docs/frameworks.md",
    "kameleoon.starlette.visitor": "the same",
}


def test_every_name_of_the_reference_has_an_example() -> None:
    known = {module.__name__: module for module in modules()}
    bare = []
    for key, group in reference.groups().items():
        for name in sorted({f"{module}.{name}" for module in group.modules for name in reference.exported(module)}):
            module, _, attribute = name.rpartition(".")
            value = getattr(known.get(module), attribute, None)
            if not (inspect.isclass(value) or inspect.isroutine(value)) or name in WITHOUT_AN_EXAMPLE:
                continue  # a constant says what it is; an extra is not installed
            own = [value, *(vars(value).values() if inspect.isclass(value) else ())]
            texts = [inspect.getdoc(member) or "" for member in own]
            if key != "names-of-old" and not any(">>> " in text or "::\n" in text for text in texts):
                bare.append(name)
    assert bare == [], "hint: an example in its docstring"


def test_a_link_that_leads_nowhere_would_be_found(tmp_path, capsys) -> None:
    (tmp_path / "index.html").write_text(
        '<h1 id="one">One</h1><a href="#one">1</a><a href="#two">2</a><a href="sub/">3</a><a href="sub/index.html#no">4</a>'
        '<a href="gone.html">5</a><a href="https://x.example/">6</a><script src="https://x.example/y.js"></script>'
        '<img src="a.png"><img src="b.png"><link rel="canonical" href="https://x.example/">'
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text('<a href="../index.html#one">1</a>')
    (tmp_path / "a.png").touch()
    assert check.main(str(tmp_path)) == 1
    assert capsys.readouterr().err.splitlines() == [
        "index.html loads 'https://x.example/y.js' from elsewhere",
        "index.html loads 'b.png', which is not there",
        "index.html leads to '#two', where there is no such heading",
        "index.html leads to 'sub/index.html#no', where there is no such heading",
        "index.html leads to 'gone.html', which is not there",
    ]
