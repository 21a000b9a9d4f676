"""OpenFeature's own scenarios, all of them, on our provider and a local platform."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")
pytest.importorskip("pytest_bdd")

from pytest_bdd import scenarios

from tests.open_feature.flags import FOLDER

INAPPLICABLE = {
    "CACHED reason": "Kameleoon's answers are not cached: each is evaluated, and sent as an exposure",
}
"""Scenarios that cannot apply, and why (docs/openfeature.md#scenarios)."""

_TAGS = re.compile(r"^\s*@.*$", re.MULTILINE)

with tempfile.TemporaryDirectory() as folder:  # without their tags, which would have to be markers of ours
    for feature in sorted(FOLDER.glob("*.feature")):
        copy = Path(folder) / feature.name
        copy.write_text(_TAGS.sub("", feature.read_text(encoding="utf-8")), encoding="utf-8")
        scenarios(str(copy))


@pytest.fixture(autouse=True)
def applicable(request: pytest.FixtureRequest) -> None:
    for name, reason in INAPPLICABLE.items():
        if request.node.originalname == name_of_test(name):
            pytest.skip(f"cannot apply: {reason}")


def name_of_test(scenario: str) -> str:
    """The name of its test, as pytest-bdd makes it."""
    return "test_" + re.sub(r"\W", "", re.sub(r"[\s-]+", "_", scenario)).lower()


@pytest.mark.skipif(not FOLDER.is_dir(), reason="OpenFeature's scenarios are not beside the checkout")
def test_all_scenarios_are_there() -> None:
    text = "\n".join(feature.read_text(encoding="utf-8") for feature in FOLDER.glob("*.feature"))
    names = re.findall(r"Scenario(?: Outline)?: (.*)", text)
    assert len(names) > 40, "they are found"
    assert [name for name in names if name_of_test(name) not in globals()] == []
    assert set(INAPPLICABLE) <= set(names)
