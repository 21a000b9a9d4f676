"""A platform and online clients, as the tests of the integration have them; the data file of an experiment."""

from __future__ import annotations

from typing import Any

from tests.data_files import data_file, flag, rule
from tests.integration.conftest import make_online, platform

__all__ = ["experiment", "make_online", "platform"]


def experiment(key: str = "flag", identifier: int = 1, share: float = 0.5, **more: Any) -> dict[str, Any]:
    """A flag whose visitors are split between ``off`` and ``on``."""
    shares = [
        {"variationKey": "off", "variationId": 10 * identifier + 2, "exposition": 1 - share},
        {"variationKey": "on", "variationId": 10 * identifier + 3, "exposition": share},
    ]
    rules = [rule(10 * identifier, type="EXPERIMENTATION", variationByExposition=shares)]
    return flag(key, identifier, rules, **more)


def shop(**more: Any) -> dict[str, Any]:
    """Two experiments and a flag that is switched off."""
    return data_file(
        experiment("checkout", 1), experiment("search", 2), flag("old", 3, [rule(30)], environmentEnabled=False), **more
    )
