"""What the strategies make: every data file is compiled whole, and evaluations raise what is documented, nothing else."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.batch import Snapshot
from kameleoon.exceptions import FeatureEnvironmentDisabled
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.testing import strategies
from kameleoon.testing.strategies import GeneratedVisitor, data, data_files, flag_keys, visitor_codes, visitors

slowly = settings(deadline=None, suppress_health_check=list(HealthCheck))


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def logged() -> Iterator[list[str]]:
    handler = Lines()
    logger = logging.getLogger("Kameleoon SDK")
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


@pytest.mark.long
@slowly
@given(data_files())
def test_every_data_file_compiles_without_a_report(data_file: dict[str, Any]) -> None:
    with logged() as lines:
        with KameleoonClient("site", KameleoonClientConfig.offline(data_file)) as client:
            assert list(client.get_data_file().feature_flags) == [
                flag["featureKey"] for flag in data_file["featureFlags"]
            ]
        Snapshot(data_file)
    assert lines == []
    assert json.loads(json.dumps(data_file)) == data_file


@pytest.mark.long
@slowly
@given(data_files(), st.lists(visitors(), max_size=4))
def test_evaluations_raise_what_is_documented_alone(data_file: dict[str, Any], them: list[GeneratedVisitor]) -> None:
    with logged() as lines, KameleoonClient("site", KameleoonClientConfig.offline(data_file)) as client:
        for visitor in them:
            client.add_data(visitor.code, *visitor.data)
            client.evaluate_audiences(visitor.code)
            for flag in data_file["featureFlags"]:
                keys = {variation["key"] for variation in flag["variations"]}
                try:
                    assert client.get_variation(visitor.code, flag["featureKey"]).key in keys
                except FeatureEnvironmentDisabled:
                    assert not flag["environmentEnabled"] or "consentType" in data_file["configuration"]
                client.explain(visitor.code, flag["featureKey"])
            client.get_variations(visitor.code)
    assert lines == []


@given(visitor_codes())
def test_visitor_codes_are_valid(code: str) -> None:
    assert 1 <= len(code) <= 255


@slowly
@given(data_files().flatmap(lambda data_file: st.tuples(st.just(data_file), flag_keys(data_file))))
def test_keys_of_flags(drawn: tuple[dict[str, Any], str]) -> None:
    data_file, key = drawn
    assert key in [flag["featureKey"] for flag in data_file["featureFlags"]]


def test_a_data_file_without_flags_has_no_keys() -> None:
    with pytest.raises(ValueError, match="hint: data_files"):
        flag_keys({"featureFlags": []})


def test_a_log_line_would_be_seen() -> None:
    broken = {"featureFlags": [{"id": 1}]}
    with logged() as lines, KameleoonClient("site", KameleoonClientConfig.offline(broken)):
        pass
    assert lines


@pytest.mark.parametrize("kind", ["CustomData", "Conversion", "Browser", "Device", "OperatingSystem", "Geolocation", "PageView", "Cookie", "UserAgent", "ApplicationVersion", "UniqueIdentifier"])  # fmt: skip
def test_each_kind_of_data_is_made(kind: str) -> None:
    assert find(data(), lambda datum: type(datum).__name__ == kind)


@pytest.mark.parametrize("wanted", ['"holdout"', '"EXPERIMENTATION"', '"TARGETED_DELIVERY"', '"isInclude"', '"SEGMENT"', '"CUSTOM_DATUM"', '"mutuallyExclusiveGroup"', '"bucketingCustomDataId"', '"FULLY_BLOCK"', '"CSS"', '"audienceTracking": true'])  # fmt: skip
def test_each_part_of_a_data_file_is_made(wanted: str) -> None:
    assert find(
        data_files(),
        lambda data_file: wanted in json.dumps(data_file),
        settings=settings(max_examples=2_000, phases=[Phase.generate], database=None),
    )


def test_the_kit_does_not_import_hypothesis() -> None:
    program = "import sys, kameleoon.testing as kit; kit.DataFile; kit.flags; assert 'hypothesis' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_names_are_complete() -> None:
    assert all(hasattr(strategies, name) for name in strategies.__all__)
    KameleoonLogger.set_logger(None)
