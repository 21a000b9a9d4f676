"""The docstrings: everything public has one, and their examples are true."""

from __future__ import annotations

import doctest
import inspect
import logging
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest

import kameleoon
from kameleoon import Data, KameleoonClient, KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from tests.data_files import data_file, flag, rule, variation
from tests.docs.names import documented, is_public, modules

EXPORTED = [getattr(kameleoon, name) for name in kameleoon.__all__]
KINDS = [value for value in EXPORTED if isinstance(value, type) and issubclass(value, Data)]
WITH_AN_EXAMPLE = [
    *(kind.__name__ for kind in KINDS if kind is not Data),
    *(
        f"KameleoonClient.{name}"
        for name in (
            "add_data",
            "close",
            "evaluate_audiences",
            "explain",
            "flush",
            "get_data_file",
            "get_engine_tracking_code",
            "get_feature_list",
            "get_remote_data",
            "get_remote_visitor_data",
            "get_variation",
            "get_variations",
            "get_visitor_code",
            "get_visitor_warehouse_audience",
            "is_feature_active",
            "set_event_handler",
            "set_forced_variation",
            "set_legal_consent",
            "stats",
            "track_conversion",
            "wait_init",
        )
    ),
]


def all_documented() -> dict[str, Any]:
    return {name: value for module in modules() for name, value in documented(module)}


ALL = all_documented()


def examples() -> dict[str, str]:
    """By the name of what they belong to; a text that several names share, once."""
    found: dict[str, str] = {}
    for name, value in ALL.items():
        text = inspect.getdoc(value) or ""
        if ">>> " in text and text not in found.values():
            found[name] = text
    return found


EXAMPLES = examples()


def shop() -> dict[str, Any]:
    """The data file of the examples."""
    shares = [
        {"variationKey": "off", "variationId": 12, "exposition": 0.5},
        {"variationKey": "on", "variationId": 13, "exposition": 0.5},
    ]
    experiment = rule(10, type="EXPERIMENTATION", variationByExposition=shares)
    variations = [variation("off"), variation("on", ("color", "STRING", "green"))]
    return data_file(
        flag("new-checkout", 1, [experiment], variations=variations),
        flag("old-search", 2, [], environmentEnabled=False),
    )


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """What the examples may use beside the names of their own module: an offline client, and what ``kameleoon`` exports."""
    exported = {name: getattr(kameleoon, name) for name in kameleoon.__all__}
    with KameleoonClient("site-code", KameleoonClientConfig.offline(shop(), top_level_domain="example.com")) as client:
        yield {**exported, "client": client}
    KameleoonLogger.set_logger(None)
    logging.getLogger("Kameleoon SDK").setLevel(logging.NOTSET)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_true(name: str, names: dict[str, Any]) -> None:
    module = inspect.getmodule(ALL[name])
    context = {**(vars(module) if module is not None else {}), **names}
    test = doctest.DocTestParser().get_doctest(EXAMPLES[name], context, name, None, None)
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert said == [], "".join(said)


def test_everything_public_has_a_docstring() -> None:
    public = {name: value for name, value in ALL.items() if is_public(name)}
    assert len(public) > 200, "they are found"
    bare = [
        name
        for name, value in public.items()
        if not (inspect.getdoc(value) or "").strip() and not inspect.ismemberdescriptor(value)
    ]
    assert bare == []


def test_fields_are_in_the_docstring_of_their_class() -> None:
    fields = [
        name
        for name, value in ALL.items()
        if is_public(name) and inspect.ismemberdescriptor(value) and not inspect.getdoc(value)
    ]
    assert len(fields) > 40, "they are found"
    unsaid = []
    for name in fields:
        kind, _, field = name.rpartition(".")
        if f"``{field}``" not in (inspect.getdoc(ALL[kind]) or ""):
            unsaid.append(name)
    assert unsaid == []


@pytest.mark.parametrize("name", WITH_AN_EXAMPLE)
def test_what_programs_use_has_an_example(name: str) -> None:
    assert ">>> " in (attrgetter(name)(kameleoon).__doc__ or "")
