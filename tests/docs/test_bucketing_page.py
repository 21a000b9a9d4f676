"""``docs/bucketing.md`` is run: its functions give the engine's answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import _native
from kameleoon.data import CustomData
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag, rule, variation
from tests.docs import pages

PAGE = pages.ROOT / "docs" / "bucketing.md"
VECTORS = json.loads((pages.ROOT / "tests" / "conformance" / "hash-vectors.json").read_text(encoding="utf-8"))
CODES = [f"visitor {number}" for number in range(400)]
RESPOOL = 1_700_000_000


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the page's code blocks define; its own assertions are made on the way."""
    return pages.run(PAGE)


def shares(first: int, **expositions: float) -> list[dict[str, Any]]:
    return [
        {"variationKey": key.replace("_", "-"), "variationId": identifier, "exposition": exposition}
        for identifier, (key, exposition) in enumerate(expositions.items(), first)
    ]


def experiment(identifier: int, exposition: float, respool: int | None, **expositions: float) -> dict[str, Any]:
    return rule(
        identifier,
        type="EXPERIMENTATION",
        exposition=exposition,
        respoolTime=respool,
        variationByExposition=shares(identifier + 2, **expositions),
    )


def delivery(identifier: int, exposition: float) -> dict[str, Any]:
    return rule(identifier, exposition=exposition, variationByExposition=shares(identifier + 2, on=1.0))


def everything() -> dict[str, Any]:
    """Rules that few are exposed to, respooled ones, shares that leave some out, a group of three, a holdout."""
    variations = [variation(key) for key in ("off", "on", "third")]
    rules = {
        "exposed": [experiment(100, 0.3, None, off=0.5, on=0.5)],
        "respooled": [experiment(200, 0.7, RESPOOL, off=0.1, on=0.2, third=0.7)],
        "respool-0": [experiment(300, 0.7, 0, off=0.1, on=0.2, third=0.7)],
        "leaves-out": [experiment(400, 1.0, None, on=0.25), experiment(450, 0.5, RESPOOL, third=0.5)],
        "delivered": [experiment(500, 0.2, None, third=1.0), delivery(550, 0.5), experiment(580, 1.0, None, third=1.0)],
        "delivers-nothing": [rule(600, exposition=0.9, variationByExposition=[])],
    }
    flags = [flag(key, number, listed, variations=variations) for number, (key, listed) in enumerate(rules.items(), 1)]
    for number in (30, 10, 20):  # sorted by id, not by position
        listed = [experiment(number * 100, 0.8, RESPOOL, off=0.4, on=0.6)]
        flags.append(
            flag(f"group-{number}", number, listed, variations=variations, mutuallyExclusiveGroup="new checkout")
        )
    holdout = {"experimentId": 9000, "variationByExposition": shares(9001, in_holdout=0.15, out=0.5)}
    return data_file(*flags, holdout=holdout)


def test_buckets_of_all_vectors(page: dict[str, Any]) -> None:
    assert len(VECTORS) == 500
    for vector in VECTORS:
        code, expected = vector["code"], float.fromhex(vector["bucket_hex"])
        if "group" in vector:
            assert (
                page["group_bucket"](code, vector["group"]) == expected == _native.group_bucket(code, vector["group"])
            )
        else:
            container, respool = vector["container"], vector["respool"]
            assert page["bucket"](code, container, respool) == expected == _native.bucket(code, container, respool)


def test_variations_are_those_of_a_client(page: dict[str, Any], make_client: Callable[..., KameleoonClient]) -> None:
    configuration = everything()
    client = make_client(configuration)
    seen: dict[str, Counter[str]] = {}
    for one in configuration["featureFlags"]:
        counts = seen[one["featureKey"]] = Counter()
        for code in CODES:
            found = client.get_variation(code, one["featureKey"])
            expected = page["variation_of"](code, one, configuration)
            assert (found.key, found.id_, found.experiment_id) == expected, (code, one["featureKey"])
            counts[found.key] += 1
    assert all(len(counts) > 1 for key, counts in seen.items() if key != "delivers-nothing"), seen


def test_another_code_is_hashed_for_those_with_custom_data_or_a_mapping(
    page: dict[str, Any], make_client: Callable[..., KameleoonClient]
) -> None:
    configuration = everything()
    configuration["customData"] = [
        {"index": 5, "id": 55, "name": "account"},
        {"index": 0, "id": 50, "name": "at index 0"},
        {"index": 9, "id": 99, "name": "user", "isMappingIdentifier": True},
    ]
    configuration.pop("holdout")
    first, second = configuration["featureFlags"][:2]
    first["bucketingCustomDataId"], second["bucketingCustomDataId"] = 55, 50
    client = make_client(configuration)
    for number, code in enumerate(CODES[:200]):
        custom_data, mapping = {0: [f"zero {number}"]}, None
        client.add_data(code, CustomData(0, f"zero {number}"))
        if number % 2:
            custom_data[5] = [f"account {number % 17}", "second"]
            client.add_data(code, CustomData(5, *custom_data[5]))
        if number % 3 == 0:  # the other code becomes the visitor's, too; both are hashed as the first one
            client.add_data(code, CustomData(9, f"user {number}"))
            mapping = code
        for one, index in ((first, 5), (second, 0)):
            for asked in (code, f"user {number}") if mapping else (code,):
                hashed = page["code_for_hash"](asked, index, custom_data, mapping)
                found = client.get_variation(asked, one["featureKey"])
                expected = page["variation_of"](hashed, one, configuration)
                assert (found.key, found.id_, found.experiment_id) == expected, (asked, one["featureKey"])


def test_the_example_is_true(page: dict[str, Any], make_client: Callable[..., KameleoonClient]) -> None:
    client = make_client(page["data_file"])
    for code in ("grace", "alan", "edsger"):
        for one in (page["checkout"], page["other"]):
            found = client.get_variation(code, one["featureKey"])
            expected = page["variation_of"](code, one, page["data_file"])
            assert (found.key, found.id_, found.experiment_id) == expected
    rows = re.findall(r"\| `(\w+)` \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"))
    assert len(rows) == 4
    for text, shown in rows:
        assert f"{page['fraction'](text):.4f}" == shown
