"""The soak for seconds, and that its verdict can be a bad one."""

from __future__ import annotations

import pytest

from tests.soak.__main__ import soak
from tests.soak.durations import class_of, merged, percentile
from tests.soak.ledger import Balance, Ledger
from tests.soak.verdict import complaints, tell_behind

OPTIONS = {
    "threads": 4,
    "per_second": 40,
    "seed": 3,
    "sample_every": 1.0,
    "fork_every": 2.0,
    "jump_every": 5.0,
    "fault_every": 0.5,
}
WELL = Balance(10, 10, 0, 0, 0, 0)


@pytest.mark.long
def test_nothing_is_lost_by_two_processes_that_fork_beside_a_service_that_fails() -> None:
    record = soak(12, processes=2, **OPTIONS)
    assert record["complaints"] == []
    assert record["summary"]["children"] and record["summary"]["faults"]
    assert record["summary"]["events"]["arrived"] == record["summary"]["events"]["expected"] > 100


@pytest.mark.long
def test_a_service_that_loses_what_it_has_accepted_is_found() -> None:
    record = soak(5, processes=1, is_forgetful=True, **OPTIONS)
    assert record["summary"]["events"]["lost"] > 0
    assert any("lost" in complaint for complaint in record["complaints"])


def samples(**fields: list[float]) -> list[dict[str, float]]:
    usual = {"rss": 50 << 20, "threads": 12, "descriptors": 20, "worst": 0.01, "behind": 0}
    return [{**usual, **{field: value[n] for field, value in fields.items()}} for n in range(30)]


def end(**fields: object) -> dict[str, object]:
    usual = {
        "flushed": True,
        "wrong": 0,
        "dropped": 0,
        "bad_children": 0,
        "errors": [],
        "stuck": 0.0,
        "version": 100,
        "threads_ended": True,
    }
    return {**usual, **fields}


def test_all_is_well() -> None:
    assert complaints({"p0": samples()}, {"p0": end()}, WELL, 100) == []


@pytest.mark.parametrize(
    ("taken", "told", "balance", "words"),
    [
        (samples(rss=[(50 + n) * 2.0**21 for n in range(30)]), end(), WELL, "rss grew"),
        (samples(threads=[10.0 + n for n in range(30)]), end(), WELL, "threads grew"),
        (samples(descriptors=[10.0 + 4 * n for n in range(30)]), end(), WELL, "descriptors grew"),
        (samples(), end(flushed=False), WELL, "could not send"),
        (samples(), end(wrong=1), WELL, "1 answers were wrong"),
        (samples(), end(dropped=3), WELL, "3 events were dropped"),
        (samples(), end(bad_children=1), WELL, "children"),
        (samples(), end(errors=["KeyError: 1"]), WELL, "KeyError"),
        (samples(), end(stuck=11.0), WELL, "not over after 11.0 s"),
        (samples(), end(version=3), WELL, "number 3"),
        (samples(), end(threads_ended=False), WELL, "a thread has not ended"),
        (samples(worst=[0.01] * 29 + [60.0]), end(), WELL, "a call took 60.0 s"),
        (samples(behind=[0.0] * 20 + [300.0] * 10), end(), WELL, "300.0 data files were not followed"),
        (samples(), end(), Balance(10, 9, 1, 0, 0, 0), "lost=1"),
        (samples(), end(), Balance(10, 10, 0, 1, 0, 0), "doubled=1"),
    ],
)
def test_what_is_not_well_is_named(
    taken: list[dict[str, float]], told: dict[str, object], balance: Balance, words: str
) -> None:
    found = complaints({"p0": taken}, {"p0": told}, balance, 100)
    assert len(found) == 1 and words in found[0]


def test_a_process_that_has_not_ended_is_named() -> None:
    assert complaints({"p0": samples()}, {}, WELL, 100) == ["p0 has not ended"]


def test_exposures_come_again_only_where_the_time_has_jumped() -> None:
    ledger = Ledger()
    for number, nonce in enumerate(("A" * 16, "B" * 16, "C" * 16)):
        ledger.add(f"nonce={nonce}&eventType=experiment&id=1&variationId=2&visitorCode=p0-{number // 2}\n")
    ledger.add(f"nonce={'A' * 16}&eventType=experiment&id=1&variationId=2&visitorCode=p0-0\n")
    assert ledger.balance({"p0": 2}, {}) == Balance(4, 2, 2, 1, 0, 1)
    assert ledger.balance({"p0": 2}, {"p0": 1}).doubled == 0
    assert ledger.balance({"p0": 1}, {}).unknown == 1


def test_by_how_much_a_process_is_behind() -> None:
    taken = {"p0": [{"at": 5.5, "version": 3}, {"at": 9.0, "version": 9}]}
    tell_behind(taken, [{"at": 0.0, "version": 1}, {"at": 5.0, "version": 6}, {"at": 8.0, "version": 9}])
    assert [sample["behind"] for sample in taken["p0"]] == [3, 0]


def test_shares_of_durations_are_at_most_an_eighth_too_long() -> None:
    counts = [0] * 512
    durations = [17 * n for n in range(1, 10_001)]
    for duration in durations:
        counts[class_of(duration)] += 1
    together = merged([counts, [0] * 512])
    for share in (0.5, 0.9, 0.999):
        true = durations[round(share * len(durations)) - 1] / 1e9
        assert true <= percentile(together, share) <= true * 1.126
