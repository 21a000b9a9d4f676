"""``python -m kameleoon diff``: every kind of change is told, and who moves."""

from __future__ import annotations

import copy
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from kameleoon._cli.changes import changes
from kameleoon.batch import Columns, Snapshot
from tests.cli.commands import experiment, kameleoon, shop, write_json
from tests.data_files import flag, rule, segment, variation


def base() -> dict[str, Any]:
    file = shop()
    file["featureFlags"][0]["variations"] = [variation("off"), variation("on", ("color", "STRING", "green"))]
    file["customData"] = [{"index": 1, "id": 101, "name": "plan"}]
    file["configuration"] = {"consentType": "NOT_REQUIRED"}
    return file


def on(file: dict[str, Any]) -> dict[str, Any]:
    return file["featureFlags"][0]["variations"][1]


HOLDOUT = {"experimentId": 9, "variationByExposition": [{"variationKey": "in-holdout", "exposition": 0.1}]}
CHANGES: list[tuple[Any, list[str]]] = [
    (lambda file: file["featureFlags"].append(flag("more", 3)), ['flag "more" added']),
    (lambda file: file["featureFlags"].pop(0), ['flag "new-cart" removed']),
    (lambda file: file["featureFlags"].reverse(), ['order of the feature flags ["new-cart", "banner"] -> ["banner", "new-cart"]']),
    (lambda file: file["featureFlags"][0].update(environmentEnabled=False), ['flag "new-cart": environment "on" -> "off"']),
    (lambda file: file["featureFlags"][0].update(defaultVariationKey="on"), ['flag "new-cart": default variation "off" -> "on"']),
    (lambda file: file["featureFlags"][0].update(mutuallyExclusiveGroup="g"), ['flag "new-cart": mutually exclusive group added: "g"']),
    (lambda file: file["featureFlags"][0].update(bucketingCustomDataId=101), ['flag "new-cart": bucketing custom datum added: 101']),
    (lambda file: file["featureFlags"][0]["variations"].append(variation("red")), ['flag "new-cart": variation "red" added']),
    (lambda file: file["featureFlags"][0]["variations"].pop(1), ['flag "new-cart": variation "on" removed']),
    (lambda file: on(file).update(name="Green"), ['flag "new-cart": variation "on": name "ON" -> "Green"']),
    (lambda file: on(file)["variables"].append({"key": "size", "type": "NUMBER", "value": 1}), ['flag "new-cart": variation "on": variable "size" added']),
    (lambda file: on(file)["variables"].clear(), ['flag "new-cart": variation "on": variable "color" removed']),
    (lambda file: on(file)["variables"][0].update(value="red"), ['flag "new-cart": variation "on": variable "color": value "green" -> "red"']),
    (lambda file: on(file)["variables"][0].update(type="NUMBER", value=1), ['flag "new-cart": variation "on": variable "color": type "STRING" -> "NUMBER"', 'flag "new-cart": variation "on": variable "color": value "green" -> 1']),
    (lambda file: file["featureFlags"][0]["rules"].append(experiment(12, {"on": 1.0})), ['flag "new-cart": rule 12 added']),
    (lambda file: file["featureFlags"][1]["rules"].pop(), ['flag "banner": rule 21 removed']),
    (lambda file: file["featureFlags"][1]["rules"].reverse(), ['flag "banner": order of the rules [20, 21] -> [21, 20]']),
    (lambda file: file["featureFlags"][0]["rules"][0].update(exposition=0.5), ['flag "new-cart": rule 10: exposition 1.0 -> 0.5']),
    (lambda file: file["featureFlags"][0]["rules"][0].update(type="TARGETED_DELIVERY"), ['flag "new-cart": rule 10: type "EXPERIMENTATION" -> "TARGETED_DELIVERY"']),
    (lambda file: file["featureFlags"][0]["rules"][0].update(respoolTime=7), ['flag "new-cart": rule 10: respool time added: 7']),
    (lambda file: file["featureFlags"][1]["rules"][0].update(segmentId=6), ['flag "banner": rule 20: segment 5 -> 6']),
    (lambda file: file["featureFlags"][1]["rules"][0].pop("segmentId"), ['flag "banner": rule 20: segment removed: 5']),
    (lambda file: file["featureFlags"][0]["rules"][0]["variationByExposition"][0].update(exposition=0.25), ['flag "new-cart": rule 10: exposition of "off" 0.5 -> 0.25']),
    (lambda file: file["featureFlags"][1]["rules"][1]["variationByExposition"].pop(), ['flag "banner": rule 21: exposition of "red" removed: 0.3']),
    (lambda file: file["segments"].append(segment(7)), ["segment 7 added"]),
    (lambda file: file["segments"].clear(), ["segment 5 removed"]),
    (lambda file: file["segments"][0]["conditionsData"]["firstLevel"][0]["conditions"][0].update(value="max"), ["segment 5: conditions changed"]),
    (lambda file: file["customData"][0].update(name="tariff"), ['custom datum 101: name "plan" -> "tariff"']),
    (lambda file: file["configuration"].update(consentType="REQUIRED"), ['configuration: consent type "NOT_REQUIRED" -> "REQUIRED"']),
    (lambda file: file.update(holdout=HOLDOUT), ["holdout added"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[told[0] for _, told in CHANGES])
def test_each_change_is_told_in_words(change: Any, told: list[str]) -> None:
    new = base()
    change(new)
    assert [str(each) for each in changes(base(), new)] == told


def test_what_means_the_same_is_no_change() -> None:
    new = base()
    new["featureFlags"][0]["rules"][0]["exposition"] = 1
    new["dateModified"] = 5
    assert list(changes(base(), new)) == []
    on(new)["variables"][0]["value"] = 1
    newer = copy.deepcopy(new)
    on(newer)["variables"][0]["value"] = 1.0
    assert len(list(changes(new, newer))) == 1, "programs get 1 as an int and 1.0 as a float"


@pytest.mark.parametrize("broken", [{}, {"featureFlags": 1}, {"featureFlags": [1, {"rules": {}}]}, {"holdout": []}])
def test_what_is_of_no_shape_is_left_out(broken: dict[str, Any]) -> None:
    assert list(changes(broken, broken)) == []
    assert len(list(changes(broken, base()))) > 3


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    old, new = base(), base()
    new["featureFlags"][0]["rules"][0]["variationByExposition"][0]["exposition"] = 0.25
    new["featureFlags"][0]["rules"][0]["variationByExposition"][1]["exposition"] = 0.75
    new["featureFlags"][1]["rules"][0]["segmentId"] = None
    new["featureFlags"].append(flag("more", 3, [rule(30)]))
    old["featureFlags"].append(flag("less", 4, [rule(40)], environmentEnabled=False))
    write_json(tmp_path / "old.json", old)
    write_json(tmp_path / "new.json", new)
    return old, new


def moves(old: dict[str, Any], new: dict[str, Any], table: pa.Table, data: Columns | None = None) -> Counter[Any]:
    found: Counter[Any] = Counter()
    rows = [pa.table(Snapshot(file).assign(table, data=data)).to_pylist() for file in (old, new)]
    for before, after in zip(*rows):
        for key in before.keys() | after.keys() - {"visitor_code"}:
            keys = [each[key] or "(disabled)" if key in each else "(no such flag)" for each in (before, after)]
            if keys[0] != keys[1]:
                found[key, keys[0], keys[1]] += 1
    return found


def test_who_moves_of_made_up_visitors(files: tuple[dict[str, Any], dict[str, Any]]) -> None:
    run = kameleoon("diff", "old.json", "new.json", "--count", "70,000", "--json")
    found = json.loads(run.stdout)
    codes = pa.table({"visitor_code": [f"visitor-{number:06}" for number in range(70_000)]})
    assert found["visitors"] == 70_000
    assert {(row["flag"], row["from"], row["to"]): row["visitors"] for row in found["moves"]} == moves(*files, codes)
    assert {row["flag"] for row in found["moves"]} == {"new-cart", "banner", "more", "less"}
    assert sum(row["share"] for row in found["moves"] if row["flag"] == "new-cart") == pytest.approx(0.25, abs=0.01)
    assert 'flag "new-cart": rule 10: exposition of "off" 0.5 -> 0.25' in [each["text"] for each in found["changes"]]
    assert run.stdout == kameleoon("diff", "old.json", "new.json", "--count", "70000", "--json").stdout


def test_who_moves_of_given_visitors(files: tuple[dict[str, Any], dict[str, Any]]) -> None:
    table = pa.table({"visitor_code": ["a", "b", None, "", "c"], "plan": ["pro", "pro", "pro", "pro", None]})
    pa.parquet.write_table(table, "visitors.parquet")
    options = ["--visitors", "visitors.parquet", "--visitor-column", "visitor_code", "--custom", "1=plan"]
    found = json.loads(kameleoon("diff", "old.json", "new.json", *options, "--json").stdout)
    usable = table.take([0, 1, 4])
    assert found["visitors"] == 3
    assert {(row["flag"], row["from"], row["to"]): row["visitors"] for row in found["moves"]} == moves(
        *files, usable, Columns(custom_data={1: "plan"})
    )


def test_in_words(files: tuple[dict[str, Any], dict[str, Any]]) -> None:
    shown = kameleoon("diff", "old.json", "new.json", "--flags", "new-cart").stdout
    assert 'flag "more" added\n' in shown
    assert "of 100,000 made-up visitors without data move:\n" in shown
    assert re.search(r"^new-cart +off +on +2[45],\d{3} +2[45]\.\d\d %$", shown, re.MULTILINE)
    assert not re.search("^banner", shown, re.MULTILINE)
    same = kameleoon("diff", "old.json", "old.json", "--count", "100").stdout
    assert same == "the data files are the same\n\nnone of 100 made-up visitors without data moves\n"


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        (["none.json"], "none.json: the data file cannot be read: "),
        (["list.json"], "list.json: the data file cannot be used: "),
        (["new.json", "--custom", "1=plan"], "data are of the columns of a table. hint: --visitors names it"),
        (["new.json", "--visitors", "v.csv"], "--visitors needs --visitor-column. hint: "),
        (["new.json", "--visitors", "v.csv", "--visitor-column", "x"], "the input has no column 'x'. hint: it has: 'code'"),
        (["new.json", "--visitors", "v.txt", "--visitor-column", "x"], "--visitors v.txt: its ending does not tell"),
        (["new.json", "--flags", "cart"], "the data file has no feature flag 'cart'. hint: "),
    ],
)  # fmt: skip
def test_mistakes(files: object, arguments: list[str], read: str) -> None:
    Path("v.csv").write_text("code\n1\n")
    Path("list.json").write_text("[]")
    run = kameleoon("diff", "old.json", *arguments, status=1)
    assert f"Kameleoon error: {read}" in run.stderr
    assert run.stdout == ""
