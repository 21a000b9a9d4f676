"""Exceptions and log lines that help: their hints are put together when they are read; what repeats is counted."""

from __future__ import annotations

import copy
import json
import pickle
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kameleoon import KameleoonClient, KameleoonClientConfig, exceptions
from kameleoon.__main__ import main
from kameleoon._network.repeated import Repeated
from kameleoon.logging.log_level import LogLevel
from tests.conftest import LogLines
from tests.data_files import data_file, flag
from tests.loopback import JsonHandler, QuietServer, serving
from tests.mistakes.reading import read

DID_YOU_MEAN = "Kameleoon error: Feature flag Id: chekout not found. hint: did you mean 'checkout'? the data file of "


def raised(client: KameleoonClient, key: str = "chekout") -> exceptions.FeatureNotFound:
    with pytest.raises(exceptions.FeatureNotFound) as caught:
        client.get_variation("v", key)
    return caught.value


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("is_read_before", [False, True])
def test_copies_and_pickles_keep_type_arguments_and_hint(make_client, duplicate, is_read_before: bool) -> None:
    error = raised(make_client(data_file(flag("checkout"))))
    if is_read_before:
        assert read(error).startswith(DID_YOU_MEAN)
    again = duplicate(error)
    assert type(again) is exceptions.FeatureNotFound
    assert again.args == error.args == ("chekout",)
    assert str(again) == again.message == error.message
    assert read(again).startswith(DID_YOU_MEAN)


def test_an_initialization_error_can_be_pickled_as_ever() -> None:
    error = exceptions.Initialization("site", None, TimeoutError("late"))
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.args[:2] == ("site", None)
    assert isinstance(again.cause, TimeoutError)


def test_a_message_can_still_be_set(make_client) -> None:
    error = raised(make_client(data_file(flag("checkout"))))
    error.message = "another"
    assert str(error) == "another"


def test_exceptions_of_a_program_s_own_may_derive_from_ours() -> None:
    class Mine(exceptions.KameleoonError):
        def __init__(self) -> None:
            super().__init__("mine")

    assert str(Mine()) == "Kameleoon error: mine"
    assert str(copy.copy(exceptions.KameleoonError("x", hint="y"))) == "Kameleoon error: x. hint: y"


def test_the_message_is_the_pure_python_clients_and_tracebacks_show_the_hint(make_client) -> None:
    error = raised(make_client(data_file(flag("checkout"))))
    assert str(error) == error.message == "Kameleoon error: Feature flag Id: chekout not found."
    assert error.hint.startswith("did you mean 'checkout'?")
    again = raised(make_client(data_file(flag("checkout"))))
    assert again.__notes__ == [f"hint: {again.hint}"]
    with pytest.raises(AttributeError, match="nothing"):
        again.nothing  # noqa: B018


def test_a_hint_that_cannot_be_had_costs_no_message() -> None:
    def fails() -> str:
        raise ValueError

    assert str(exceptions.NotFoundError("x", hint=fails)) == "Kameleoon error: x not found."


def test_the_hint_is_of_the_data_file_that_was_asked(make_client) -> None:
    client = make_client(data_file(flag("checkout")))
    error = raised(client)
    client.close()
    del client
    assert read(error) == f"{DID_YOU_MEAN}the default environment has the feature flag 'checkout'"


def test_raising_costs_no_hint(make_client) -> None:
    client = make_client(data_file(*[flag(f"feature-number-{number}", number) for number in range(5000)]))

    def seconds(is_read: bool) -> float:
        start = time.thread_time()
        for number in range(100):
            error = raised(client, f"feature-numbr-{number}")
            if is_read:
                assert "did you mean" in read(error)
        return time.thread_time() - start

    assert min(seconds(is_read=False) for _ in range(3)) * 3 < min(seconds(is_read=True) for _ in range(3))


def test_a_key_of_a_megabyte_is_told_at_once(make_client) -> None:
    client = make_client(data_file(*[flag(f"feature-number-{number}", number) for number in range(5000)]))
    start = time.thread_time()
    assert "did you mean" not in read(raised(client, "x" * 1_000_000))
    assert time.thread_time() - start < 5


def test_an_exception_does_not_keep_its_client(make_client) -> None:
    import gc
    import weakref

    client = KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag("checkout"))))
    error, dropped = raised(client), weakref.ref(client)
    error = error.with_traceback(None)  # whose frames have the client
    client.close()
    del client
    gc.collect()
    assert dropped() is None
    assert read(error).startswith(DID_YOU_MEAN)


class Service(JsonHandler):
    is_well = False
    data_file: dict[str, Any] = data_file()
    fetches = 0

    def do_GET(self) -> None:
        if self.path.startswith("/v3/"):
            type(self).fetches += 1
            self.answer(self.data_file)
        elif self.is_well:
            self.answer({})
        else:
            self.send_error(500)

    def do_POST(self) -> None:
        self.body()
        self.answer({"access_token": "t", "expires_in": 3600})


@pytest.fixture
def service() -> Iterator[type[Service]]:
    class Fresh(Service):
        fetches = 0

    with serving(QuietServer, Fresh) as origin:
        Fresh.origin = origin  # type: ignore[attr-defined]
        yield Fresh


def online(service: Any, **options: Any) -> KameleoonClient:
    config = KameleoonClientConfig("id", "secret", top_level_domain="a.com", endpoint=service.origin, **options)
    return KameleoonClient("site", config)


def test_a_service_that_fails_is_told_of_once_and_once_again_when_it_is_well(service, log: LogLines) -> None:
    with online(service) as client:
        for _ in range(7):
            assert client.get_remote_data("prices") is None
        failed = [line for line in log.lines if "REMOTE_DATA" in line[1]]
        assert failed == [(LogLevel.WARNING, "Kameleoon [WARNING]: REMOTE_DATA request failed: HTTP status 500")]
        assert client.stats().requests["REMOTE_DATA"]["failed"] == 7
        service.is_well = True
        for _ in range(3):
            assert client.get_remote_data("prices") == {}
        [recovered] = [line for line in log.lines if "again" in line[1]]
        assert re.search(r"REMOTE_DATA requests succeed again, after 7 that failed within \d+ s", recovered[1])


def test_a_data_file_without_flags_warns_once(service, log: LogLines) -> None:
    service.data_file = {"dateModified": 1}
    with online(service, refresh_interval_minute=0.001) as client:
        assert client.wait_init(30_000)
        deadline = time.monotonic() + 30
        while service.fetches < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert service.fetches >= 4
    assert [line for line in log.lines if "no feature flags" in line[1]] == [
        (
            LogLevel.WARNING,
            "Kameleoon [WARNING]: the data file has no feature flags that can be evaluated: it has no key "
            "'featureFlags', but 'dateModified'. hint: is it the file of another tool, or of another version? "
            "docs/evaluation.md#the-data-file shows its shape",
        )
    ]


def test_who_asked_too_early_is_told_so_though_the_data_file_has_come_since(service) -> None:
    asked = threading.Event()

    class Slow(service):  # type: ignore[misc]
        data_file = data_file(flag("checkout"))

        def do_GET(self) -> None:
            asked.wait(30)
            super().do_GET()

    with serving(QuietServer, Slow) as origin:
        Slow.origin = origin
        with online(Slow) as client:
            error = raised(client)
            asked.set()
            assert client.wait_init(30_000)
            assert read(error) == (
                "Kameleoon error: Feature flag Id: chekout not found. hint: the client was not ready yet: no data file "
                "was in; wait_init() waits for it"
            )
            assert read(raised(client)).startswith(DID_YOU_MEAN)


def test_what_repeats_is_counted() -> None:
    repeated = Repeated()
    assert repeated.succeeded(0.0) is None
    assert repeated.failed("HTTP status 500", 10.0) == ""
    assert [repeated.failed("HTTP status 500", 10.0 + number) for number in range(59)] == [None] * 59
    assert (
        repeated.failed("ConnectionError", 69.0) == " (failure 61 in a row within 59 s, 59 of them since the last line)"
    )
    assert repeated.failed("HTTP status 500", 128.9) is None
    reminder = repeated.failed("HTTP status 500", 129.0)
    assert reminder == " (failure 63 in a row within 119 s, 1 of them since the last line)"
    assert repeated.succeeded(130.0) == (63, 120.0)
    assert repeated.succeeded(131.0) is None
    assert repeated.failed("HTTP status 500", 132.0) == ""


def test_of_a_service_that_fails_each_time_otherwise_a_few_lines_are_told() -> None:
    repeated = Repeated()
    told = [repeated.failed(f"error {number}", 1.0 + number / 100) for number in range(1000)]
    assert sum(line is not None for line in told) == 5


def test_a_disabled_flag_is_explained(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data_file(flag("checkout", environmentEnabled=False), flag("other", 2))))
    command = ["evaluate", "--data-file", str(path), "--visitor", "v", "--flag", "checkout", "--explain"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "checkout      (disabled)" in shown
    assert "=> no variation" in shown
    assert "other" not in shown
    assert main([*command, "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["checkout"]
