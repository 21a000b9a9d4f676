"""An online client that its user drops without closing it."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest

from kameleoon import KameleoonClientConfig
from kameleoon.events import EventType
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.integration.conftest import eventually


class Holder:
    """A handler of a client's events that holds the client: a cycle."""

    def __init__(self, client: KameleoonClient) -> None:
        self.client = client

    def on_update(self, *event: object) -> None:
        pass

    on_request_succeeded = on_request_failed = on_update


@pytest.mark.parametrize("in_a_cycle", [False, True])
def test_it_is_collected_with_a_warning_its_threads_end_and_its_events_arrive(
    platform: Platform, in_a_cycle: bool
) -> None:
    platform.set_data_file(data_file(flag(), configuration={"realTimeUpdate": True}))
    # What closing may take is another test's: on a machine that stands still for the default's two seconds nothing would arrive.
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, close_timeout_second=20)
    client = KameleoonClient("dropped", config)
    assert client.wait_init()
    eventually(lambda: platform.listeners == 1)
    if in_a_cycle:
        for event_type in EventType:
            client.set_event_handler(event_type, Holder(client))
    client.track_conversion("v", 1)
    is_alive = weakref.ref(client)
    with pytest.warns(ResourceWarning, match=r"'dropped'.*hint: .*close"):
        del client
        gc.collect()
    eventually(lambda: is_alive() is None, 5)
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("kameleoon")], 5)
    eventually(lambda: platform.listeners == 0, 5)
    assert [event["eventType"] for event in platform.received.events].count("conversion") == 1


@pytest.mark.parametrize("pause", [0, 0.001, 0.01])
def test_what_it_has_queued_arrives_though_the_program_ends_at_once(platform: Platform, pause: float) -> None:
    program = f"""if True:
        import gc, sys, time
        from kameleoon import KameleoonClientConfig
        from kameleoon.kameleoon_client import KameleoonClient
        def main():
            client = KameleoonClient("site", KameleoonClientConfig("id", "secret", endpoint={platform.origin!r}))
            client.itself = client
            client.wait_init()
            client.track_conversion("v", 1)
        main()
        gc.collect()
        time.sleep({pause})
        start = time.monotonic()
        import atexit
        atexit._run_exitfuncs()
        assert time.monotonic() - start < 1.5
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert [event["eventType"] for event in platform.received.events].count("conversion") == 1


def test_one_that_was_closed_goes_without_a_warning(platform: Platform, recwarn: Any) -> None:
    client = KameleoonClient("closed", KameleoonClientConfig("id", "secret", endpoint=platform.origin))
    client.close()
    is_alive = weakref.ref(client)
    del client
    gc.collect()
    eventually(lambda: is_alive() is None, 5)  # a job under way holds it until it ends
    assert not recwarn.list
