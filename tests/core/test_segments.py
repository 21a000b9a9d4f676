"""Segments that refer to segments: chains, doubled references, deep nesting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from kameleoon import CustomData
from tests.core.programs import run
from tests.data_files import data_file, flag, rule, segment


def refers_to(identifier: int, **more: Any) -> dict[str, Any]:
    return {"targetingType": "SEGMENT", "segmentId": identifier, **more}


GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}


def doubling_chain(depth: int, **more: Any) -> list[dict[str, Any]]:
    """Each segment names the next one twice; the last one wants gold."""
    inner = [segment(100 + n, refers_to(101 + n), refers_to(101 + n), **more) for n in range(depth)]
    return [*inner, segment(100 + depth, GOLD, **more)]


def chain_of(depth: int, **more: Any) -> dict[str, Any]:
    return data_file(flag(rules=[rule(segmentId=100)]), segments=doubling_chain(depth, **more))


def seconds_of(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("depth", [22, 90])
def test_a_chain_that_names_each_segment_twice_is_evaluated_in_no_time(make_client: Any, depth: int) -> None:
    program = f"""
    from tests.core.test_segments import *
    client = KameleoonClient("site", KameleoonClientConfig.offline(chain_of({depth})))
    client.add_data("rich", CustomData(1, "gold"))
    client.add_data("poor", CustomData(1, "tin"))
    for code, expected in (("rich", True), ("poor", False), ("nobody", False)):
        assert seconds_of(lambda: client.is_feature_active(code, "flag")) < 0.05
        assert client.is_feature_active(code, "flag") is expected
    """
    run(program, timeout=15)


@pytest.mark.parametrize("depth", [22, 90])
def test_such_a_chain_is_explained_shortly_and_soon(depth: int) -> None:
    program = f"""
    from tests.core.test_segments import *
    client = KameleoonClient("site", KameleoonClientConfig.offline(chain_of({depth})))
    client.add_data("rich", CustomData(1, "gold"))
    for code, key in (("rich", "on"), ("nobody", "off")):
        start = time.perf_counter()
        explanation = client.explain(code, "flag")
        text = str(explanation)
        assert time.perf_counter() - start < 0.5
        assert explanation.variation.key == key
        assert len(text) < 2000 * {depth}
        assert text.count("segment {100 + depth}") <= 4
    """
    run(program, timeout=15)


@pytest.mark.parametrize("depth", [22, 90])
def test_the_audiences_of_such_a_chain_are_found_in_no_time(depth: int) -> None:
    program = f"""
    from tests.core.test_segments import *
    client = KameleoonClient("site", KameleoonClientConfig.offline(chain_of({depth}, audience=True)))
    client.add_data("rich", CustomData(1, "gold"))
    for code in ("rich", "nobody"):
        assert seconds_of(lambda: client.evaluate_audiences(code)) < 0.05
    """
    run(program, timeout=15)


def test_segments_nested_in_a_circle_target_nobody_whoever_is_asked_first(make_client: Any) -> None:
    circle = [segment(1, refers_to(2), GOLD), segment(2, refers_to(3), refers_to(3)), segment(3, refers_to(1))]
    flags = [flag(f"flag{n}", n, [rule(10 * n, segmentId=n)]) for n in (1, 2, 3)]
    for order in ((1, 2, 3), (3, 2, 1), (2, 1, 3)):
        client = make_client(data_file(*flags, segments=circle))
        client.add_data("v", CustomData(1, "gold"))
        assert [client.is_feature_active("v", f"flag{n}") for n in order] == [False] * 3
        assert [client.explain("v", f"flag{n}").variation.is_active for n in order] == [False] * 3


def test_a_hundred_nested_segments_fit_a_thread_with_a_small_stack() -> None:
    program = """
    from tests.core.test_segments import *
    nested = [segment(100 + n, GOLD, refers_to(101 + n)) for n in range(100)] + [segment(200, GOLD)]
    file = data_file(flag(rules=[rule(segmentId=100)]), segments=nested)
    client = KameleoonClient("site", KameleoonClientConfig.offline(file))
    client.add_data("v", CustomData(1, "gold"))
    answers = []
    def ask():
        answers.append(client.is_feature_active("v", "flag"))
        answers.append(client.get_variation("v", "flag").is_active)
        explanation = client.explain("v", "flag")
        answers.append(explanation.variation.is_active)
        client.evaluate_audiences("v")
        print(explanation)
    threading.stack_size(128 * 1024)
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [True] * 3, answers
    """
    shown = run(program, timeout=15)
    assert "segment 200" in shown
