"""What tools read off the public names: type hints and signatures."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import typing
import warnings
from collections.abc import Iterator
from typing import Any
from unittest.mock import create_autospec

import pytest

import kameleoon
from kameleoon import KameleoonClient, KameleoonClientConfig, data
from kameleoon.types.variation import Variation


def public_modules() -> Iterator[Any]:
    yield kameleoon
    for found in pkgutil.walk_packages(kameleoon.__path__, "kameleoon."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of names that are no part of the documented API
                try:
                    module = importlib.import_module(found.name)
                except ModuleNotFoundError as error:  # an engine that is not installed
                    assert not (error.name or "").startswith("kameleoon"), error
                    continue
            yield module


def public_callables() -> dict[str, Any]:
    """Functions, classes and their methods, under the names that they have."""
    found: dict[str, Any] = {}
    for module in public_modules():
        for name, value in list(vars(module).items()):  # looking at some may import others
            home = getattr(value, "__module__", None) or ""
            if (
                name.startswith("_")
                or not home.startswith("kameleoon")
                or any(p.startswith("_") for p in home.split("."))
            ):
                continue
            if inspect.isclass(value) or inspect.isfunction(value):
                found[f"{value.__module__}.{value.__qualname__}"] = value
            if inspect.isclass(value):
                for method, _ in inspect.getmembers(value, inspect.isroutine):
                    home = getattr(getattr(value, method), "__module__", None) or "kameleoon"
                    if not home.startswith(("kameleoon", "builtins")):  # inherited from somebody else's class
                        continue
                    if not method.startswith("_") or method == "__init__":
                        found[f"{value.__module__}.{value.__qualname__}.{method}"] = getattr(value, method)
    return found


@pytest.mark.skipif(sys.version_info < (3, 10), reason="`str | None` cannot be evaluated before Python 3.10")
def test_type_hints_can_be_had() -> None:
    callables = public_callables()
    assert len(callables) > 150, "the public names are found"
    failed = {}
    for name, value in callables.items():
        try:
            typing.get_type_hints(value)
        except Exception as error:  # noqa: BLE001  # shown below
            failed[name] = error
    assert failed == {}


def test_a_hint_says_the_type() -> None:
    hints = typing.get_type_hints(KameleoonClient.get_data_file)
    assert hints["return"].__name__ == "DataFile"


METHODS = [
    (KameleoonClient.is_feature_active, "(self, /, visitor_code, feature_key, is_unique_identifier=None, track=True)"),
    (KameleoonClient.get_variation, "(self, /, visitor_code, feature_key, track=True)"),
    (KameleoonClient.add_data, "(self, /, visitor_code, *data, track=True)"),
    (
        KameleoonClient.track_conversion,
        "(self, /, visitor_code, goal_id, revenue=None, is_unique_identifier=None, negative=False, metadata=None)",
    ),
    (KameleoonClient.get_active_features, "(self, /, visitor_code)"),
    (KameleoonClient.evaluate_audiences, "(self, /, visitor_code)"),
    (data.Browser, "(browser_type, version=None)"),
    (data.CustomData, "(index_or_name, *values, overwrite=True)"),
    (data.Device, "(device_type)"),
    (Variation, "(key, id_, experiment_id, variables, name=None)"),
]


@pytest.mark.parametrize(("method", "signature"), METHODS, ids=[method.__name__ for method, _ in METHODS])
def test_native_callables_have_signatures(method: Any, signature: str) -> None:
    assert str(inspect.signature(method)) == signature


def test_every_method_of_the_client_has_a_signature() -> None:
    for name, method in inspect.getmembers(KameleoonClient, inspect.isroutine):
        if not name.startswith("_"):
            assert inspect.signature(method).parameters, name


def test_a_mock_of_the_client_checks_arity() -> None:
    client = create_autospec(KameleoonClient, instance=True)
    client.is_feature_active("v", "flag", track=False)
    client.add_data("v", data.CustomData(1, "a"), track=False)
    client.get_visitor_code(default_visitor_code="v")
    for call in (
        lambda: client.is_feature_active("v"),
        lambda: client.is_feature_active("v", "flag", tracks=False),
        lambda: client.get_variation("v", "flag", True, None),
        client.add_data,
        lambda: client.track_conversion("v"),
        lambda: client.get_feature_variable("v", "flag"),
        lambda: client.flush("v", None, True, 5),
    ):
        with pytest.raises(TypeError):
            call()


def test_a_mock_of_the_class_checks_arity() -> None:
    mocked = create_autospec(KameleoonClient)
    mocked("site", KameleoonClientConfig("id", "secret"))
    with pytest.raises(TypeError):
        mocked("site")
    with pytest.raises(TypeError):
        mocked.return_value.get_variations()
