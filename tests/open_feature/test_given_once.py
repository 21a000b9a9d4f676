"""What a visitor was given is not given again, and what it was not given is never missed."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("openfeature", reason="the extra openfeature is not installed")

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.openfeature import KameleoonProvider
from kameleoon.testing import Platform
from tests.data_files import data_file, flag, rule, segment

GOLD = {"targetingType": "CUSTOM_DATUM", "customDataIndex": "1", "valueMatchType": "EXACT", "value": "gold"}
TRUE = {**GOLD, "value": "true"}
PLAN = {"index": 1, "id": 1, "name": "plan"}


def flags(*custom_data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return data_file(
        flag("gold", 1, [rule(10, segmentId=5)]),
        flag("true", 2, [rule(20, segmentId=6)]),
        segments=[segment(5, GOLD), segment(6, TRUE)],
        customData=list(custom_data),
        **more,
    )


def of(visitor: str = "alice", **attributes: Any) -> EvaluationContext:
    return EvaluationContext(visitor, attributes)


@pytest.fixture
def use() -> Iterator[Callable[[KameleoonProvider], OpenFeatureClient]]:
    def use(provider: KameleoonProvider) -> OpenFeatureClient:
        api.set_provider_and_wait(provider)
        return api.get_client()

    yield use
    api.clear_providers()


@pytest.fixture
def client(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> OpenFeatureClient:
    return use(KameleoonProvider("site", KameleoonClientConfig.offline(flags(PLAN))))


def test_a_new_client_has_been_given_nothing(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> None:
    provider = KameleoonProvider("site", KameleoonClientConfig.offline(flags(PLAN)))
    assert use(provider).get_boolean_value("gold", False, of(plan="gold"))
    api.clear_providers()
    assert use(provider).get_boolean_value("gold", False, of(plan="gold"))


def test_a_client_of_ones_own_with_short_sessions(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> None:
    config = KameleoonClientConfig.offline(flags(PLAN), session_duration_minute=0.02)
    with KameleoonClient("site", config) as kameleoon:
        client = use(KameleoonProvider(client=kameleoon))
        assert client.get_boolean_value("gold", False, of(plan="gold"))
        time.sleep(4)  # two sessions: visitors go in steps
        assert client.get_boolean_value("gold", False, of(plan="gold")), "the client has forgotten it"


def test_a_name_that_the_data_file_learns_later(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> None:
    with Platform(flags(configuration={"realTimeUpdate": True})) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        client = use(KameleoonProvider("site", config))
        assert not client.get_boolean_value("gold", False, of(plan="gold"))
        end = time.monotonic() + 20
        while not client.get_boolean_value("gold", False, of(plan="gold")) and time.monotonic() < end:
            platform.set_data_file(flags(PLAN, configuration={"realTimeUpdate": True}))
            time.sleep(0.2)
        assert client.get_boolean_value("gold", False, of(plan="gold"))


@pytest.fixture
def hurry() -> Iterator[None]:
    """Threads take turns more often than they would, so that what may go wrong does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurry")
def test_threads_give_once(client: OpenFeatureClient) -> None:
    """And none of them evaluates before what another one gives is there."""
    wrong: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        for number in range(200):
            context = of(f"visitor-{number}", plan="gold", conversion={"goalId": number + 1})
            if not client.get_boolean_value("gold", False, context):
                wrong.append(f"visitor-{number}")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.usefixtures("hurry")
def test_threads_convert_once(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> None:
    with Platform(flags(PLAN)) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        provider = KameleoonProvider("site", config)
        client = use(provider)
        barrier = threading.Barrier(4)

        def ask() -> None:
            barrier.wait()
            for number in range(200):
                client.get_boolean_value("gold", False, of(f"v-{number}", conversion={"goalId": 7}))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert provider.client is not None and provider.client.flush(timeout=10)
        assert sum("eventType=conversion" in line for line in platform.received.lines) == 200


def converted(platform: Platform, provider: KameleoonProvider) -> list[str]:
    assert provider.client is not None and provider.client.flush(timeout=10)
    lines = [line for line in platform.received.lines if "eventType=conversion" in line]
    return sorted(line.partition("goalId=")[2].partition("&")[0] for line in lines)


def test_a_list_that_grows_gives_what_is_new(use: Callable[[KameleoonProvider], OpenFeatureClient]) -> None:
    with Platform(flags(PLAN)) as platform:
        config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
        provider = KameleoonProvider("site", config)
        client = use(provider)
        bought: list[Any] = [{"goalId": 7, "revenue": 5}]
        for goal in (8, 7):  # the second 7 is another purchase of the same price
            client.get_boolean_value("gold", False, of(conversion=bought))
            bought.append({"goalId": goal, "revenue": 5})
        client.get_boolean_value("gold", False, of(conversion=bought))
        assert converted(platform, provider) == ["7", "7", "8"]


def test_values_that_python_takes_for_the_same_differ(client: OpenFeatureClient) -> None:
    assert not client.get_boolean_value("true", False, of(plan=1))
    assert client.get_boolean_value("true", False, of(plan=True)), "1 == True, but not for Kameleoon"


def test_what_cannot_be_copied_or_compared_does_no_harm(client: OpenFeatureClient) -> None:
    class Strange:
        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth of this is ambiguous")

        def __hash__(self) -> int:
            return 1

    for _ in range(2):
        context = of(plan="gold", request=threading.Lock(), table=Strange())
        details = client.get_boolean_details("gold", False, context)
        assert (details.value, details.error_code) == (True, None)


def test_what_is_no_datum_of_the_visitor_is_named(client: OpenFeatureClient, log: Any) -> None:
    class Untellable:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    endless: list[Any] = []
    endless.append(endless)
    for attributes in ({"plan": endless}, {"plan": Untellable()}, {"conversion": {"goalId": float("inf")}}):
        details = client.get_boolean_details("gold", False, of("eve", **attributes))
        assert (details.value, details.error_code) == (False, None)
    assert "'plan'" in log and "'conversion'" in log


def test_what_cannot_be_read_is_named_once(client: OpenFeatureClient, log: Any) -> None:
    for _ in range(3):
        client.get_boolean_value("gold", False, of(device="toaster"))
    assert sum("'device'" in line for _, line in log.lines) == 1


def test_the_callers_list_may_change_later(client: OpenFeatureClient) -> None:
    plans = ["silver"]
    assert not client.get_boolean_value("gold", False, of(plan=plans))
    plans[0] = "gold"
    assert client.get_boolean_value("gold", False, of(plan=plans))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_goes_on_while_threads_ask(client: OpenFeatureClient) -> None:
    is_over = threading.Event()

    def ask() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            client.get_boolean_value("gold", False, of(f"visitor-{number % 50}", plan=str(number)))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                right = all(
                    client.get_boolean_value("gold", False, of(f"visitor-{number}", plan="gold"))
                    for number in range(50)
                )
                os._exit(0 if right else 1)
            end = time.monotonic() + 20
            done = os.waitpid(child, os.WNOHANG)
            while done == (0, 0) and time.monotonic() < end:
                time.sleep(0.01)
                done = os.waitpid(child, os.WNOHANG)
            if done == (0, 0):
                os.kill(child, 9)
                os.waitpid(child, 0)
            assert done == (child, 0), "the child hangs or is wrong"
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
