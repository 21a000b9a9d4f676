"""What exists is on its page: a condition, a kind of data, an exception that is added is missed until it is."""

from __future__ import annotations

import inspect
import re

import pytest

import kameleoon
from kameleoon import Data, exceptions
from kameleoon.events import EventType, RequestType
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.docs import pages


def page(name: str) -> str:
    return (pages.ROOT / "docs" / name).read_text(encoding="utf-8")


def conditions() -> list[str]:
    """The conditions that the engine knows, from the function that reads them."""
    source = (pages.ROOT / "rust" / "src" / "datafile" / "compile_condition.rs").read_text(encoding="utf-8")
    return re.findall(r'^ {12}"([A-Z_]+)" =>', source, re.MULTILINE)


@pytest.mark.parametrize("condition", conditions())
def test_every_condition_is_on_the_page(condition: str) -> None:
    assert f"`{condition}`" in page("targeting.md")


def test_conditions_are_found() -> None:
    assert {"CUSTOM_DATUM", "SEGMENT", "CONVERSIONS", "HEAT_SLICE"} <= set(conditions())


def test_every_kind_of_data_is_on_the_page() -> None:
    kinds = [
        name
        for name in kameleoon.data.__all__
        if issubclass(getattr(kameleoon.data, name), Data) and getattr(kameleoon.data, name) is not Data
    ]
    assert len(kinds) == 11
    assert [kind for kind in kinds if f"`{kind}(" not in page("visitor-data.md")] == []


def test_every_part_of_remote_visitor_data_is_on_the_page() -> None:
    assert [name for name in RemoteVisitorDataFilter.__slots__ if f"`{name}`" not in page("visitor-data.md")] == []


def test_every_type_of_event_and_request_is_on_the_page() -> None:
    names = [member.name for kind in (EventType, RequestType) for member in kind]
    assert [name for name in names if f"`{name}`" not in page("events-and-logging.md")] == []


def test_every_exception_is_on_the_page() -> None:
    assert [name for name in exceptions.__all__ if f"`{name}`" not in page("evaluation.md")] == []


def test_every_method_of_a_client_is_on_some_page() -> None:
    text = "".join(page(path.name) for path in pages.PAGES)
    methods = [
        name
        for name, member in inspect.getmembers(kameleoon.KameleoonClient)
        if not name.startswith("_") and inspect.isroutine(member) and not name.endswith("_async")
    ]
    assert len(methods) > 25
    assert [name for name in methods if not re.search(rf"\b{name}\b", text)] == []
