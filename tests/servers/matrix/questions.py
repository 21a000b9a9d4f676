"""What each server is asked. Under load throughout: visitors come before, while and after it is told to end."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform
from tests.data_files import data_file, flag
from tests.servers.harness import ROOT, environment
from tests.servers.matrix import apache
from tests.servers.matrix.load import Answer, FileLoad, HttpLoad, Load, wait_until
from tests.servers.matrix.row import TOUCHED, WEB, Row
from tests.servers.matrix.running import Running, free_port

_ENOUGH = 30
"""So many answers in a row show that each process gives them."""
_INTERVALS_SECOND = 1.3
"""Longer than a tracking interval: something was sent, and something waits."""
_HALF_INTERVAL_SECOND = 0.5
_RELOADER_SECOND = 8.0
"""Far longer than a reloader takes to look whether files have changed."""
_TASKS = 4000


class Counts(NamedTuple):
    """Of the visitors who were answered. Whether the others were served, nobody knows."""

    answered: int
    lost: int
    doubled: int
    """Conversions that count twice: two of one visitor."""
    repeated: int
    """Events that came again, known by their nonce, by which the service counts them once."""


@dataclass(frozen=True)
class Outcome:
    """What became of a row. That it starts, evaluates and follows the data file is asserted."""

    stop: Counts
    """It was told to end gracefully; also what was tracked before it began its processes anew."""
    term: Counts
    """``SIGTERM`` came; the same where that is how it is told."""
    killed: Counts
    """``SIGKILL`` came."""
    confirmed: Counts
    """The same while the service was down and with a spool: of visitors whose conversion ``flush`` had confirmed."""
    unconfirmed: Counts
    """Of the others."""


class Scene(NamedTuple):
    """A server under load."""

    platform: Platform
    running: Running
    load: Load


def ask(row: Row, folder: Path) -> Outcome:
    """Asks everything. Raises ``AssertionError`` where the server does not start, evaluate or follow."""
    stop = _ask_to_stop(row, folder / "stop", row.stop, everybody=row.stops_everybody)
    term = stop
    if row.stop != "SIGTERM":
        term = _ask_to_stop(row, folder / "term", "SIGTERM")
    confirmed, unconfirmed = _kill_with_a_spool(row, folder / "spool")
    return Outcome(stop, term, _kill(row, folder / "kill"), confirmed, unconfirmed)


@contextlib.contextmanager
def serving(row: Row, folder: Path, **settings: str) -> Iterator[Scene]:
    """Starts the row's server; visitors come all the time. They are gone when this ends."""
    folder.mkdir()
    port = free_port()
    arguments = _prepare(row, folder, port)
    with Platform(data_file(flag(), configuration={"realTimeUpdate": True})) as platform:
        inherited = environment(platform)
        more = {"ANSWERS": str(folder / "answers"), "QUEUE": str(folder / "queue"), **dict(row.settings), **settings}
        path = os.pathsep.join([str(folder / "watched"), inherited["PYTHONPATH"]])
        given = {**inherited, **more, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        if row.queue:
            _fill_queue(given)
        load: Load = FileLoad(folder / "answers")
        if row.is_asked:
            load = HttpLoad(port, confirm="CONFIRM" in settings)
        with Running(arguments, given, folder / "log") as running:
            load.start()
            try:
                scene = Scene(platform, running, load)
                _wait(scene, lambda: len(load.answers()) > 0, "it does not start")
                yield scene
            finally:
                running.kill()
                load.stop()


def _prepare(row: Row, folder: Path, port: int) -> list[str]:
    """What the command needs in its folder; the command line."""
    module = (row.touch or WEB).partition(":")[0]
    (folder / "watched").mkdir()
    (folder / "watched" / f"{TOUCHED}.py").write_text(f"from {module} import application\n")
    arguments = row.arguments(port, folder)
    if row.server == "mod_wsgi":
        apache.configure(folder, port)
        arguments = apache.command(arguments)
    return arguments


def _fill_queue(given: dict[str, str]) -> None:
    Path(given["QUEUE"]).mkdir()
    command = [sys.executable, "-m", "tests.servers.programs.send", str(_TASKS)]
    subprocess.run(command, env=given, cwd=ROOT, check=True, timeout=120)


def _ask_to_stop(row: Row, folder: Path, name: str, *, everybody: bool = False) -> Counts:
    with serving(row, folder) as scene:
        if row.frozen_second:
            _freeze(scene, row.frozen_second)
        else:
            _switch_off(scene)
        _wait_for_the_change(scene)
        if row.reload or row.touch:
            _begin_anew(scene, row, folder)
        time.sleep(_INTERVALS_SECOND)
        assert scene.load.mistakes() == [], scene.running.log
        scene.running.tell(signal.Signals[name], everybody=everybody)
        scene.running.wait()
        scene.load.stop()
        counts = _counts(scene.platform, scene.load.answers())
        if counts.lost:
            print(f"{row.name} at {name}: {counts}\n{scene.running.log}", file=sys.stderr)
        return counts


def _switch_off(scene: Scene) -> None:
    answers = scene.load.answers()
    assert all(answer.is_active for answer in answers), scene.running.log
    scene.platform.set_environment_enabled("flag", False)


def _freeze(scene: Scene, seconds: int) -> None:
    """Its processes are stopped; the data file changes meanwhile."""
    scene.running.tell(signal.SIGSTOP, everybody=True)
    _switch_off(scene)
    time.sleep(seconds)
    scene.running.tell(signal.SIGCONT, everybody=True)


def _wait_for_the_change(scene: Scene) -> None:
    _wait(
        scene,
        lambda: not any(answer.is_active for answer in _latest(scene.load)),
        "it does not follow the data file",
        at_least=len(scene.load.answers()) + _ENOUGH,
    )


def _begin_anew(scene: Scene, row: Row, folder: Path) -> None:
    """The server replaces the processes that serve."""
    former = {answer.process for answer in scene.load.answers()}
    program = folder / "watched" / f"{TOUCHED}.py"
    changes = itertools.count(time.monotonic(), _RELOADER_SECOND)
    due = next(changes)

    def has_begun() -> bool:
        nonlocal due
        # A reloader that has not looked at the file before does not know that it has changed.
        if (
            row.touch
            and time.monotonic() >= due
            and former.issuperset(answer.process for answer in _latest(scene.load))
        ):
            due = next(changes)
            program.write_text(program.read_text() + "# changed\n")
        return former.isdisjoint(answer.process for answer in _latest(scene.load))

    if row.reload:
        scene.running.tell(signal.Signals[row.reload])
    _wait(scene, has_begun, "it does not begin its processes anew")


def _kill(row: Row, folder: Path) -> Counts:
    with serving(row, folder) as scene:
        _wait(scene, lambda: scene.platform.received.counts()["events"] > 0, "nothing is sent while it serves")
        time.sleep(_HALF_INTERVAL_SECOND)
        _end_at_once(scene)
        return _counts(scene.platform, scene.load.answers())


def _kill_with_a_spool(row: Row, folder: Path) -> tuple[Counts, Counts]:
    with serving(row, folder, CONFIRM="1", SPOOL=str(folder / "spool")) as scene:
        scene.platform.misbehave("tracking", "status", status=503)
        before = len(scene.load.answers())
        _wait(
            scene,
            lambda: sum(answer.is_confirmed for answer in scene.load.answers()[before:]) > _ENOUGH,
            "nothing is confirmed",
        )
        time.sleep(_INTERVALS_SECOND)
        _end_at_once(scene)
        scene.platform.behave("tracking")
        _send_the_spool(scene.platform, folder / "spool")
        answers = scene.load.answers()
        return (
            _counts(scene.platform, [answer for answer in answers if answer.is_confirmed]),
            _counts(scene.platform, [answer for answer in answers if not answer.is_confirmed]),
        )


def _end_at_once(scene: Scene) -> None:
    """By ``SIGKILL``, also those that have a process group of their own, as Jupyter's kernel."""
    scene.running.kill()
    ours = f"ORIGIN={scene.platform.origin}".encode()
    for process in {answer.process for answer in scene.load.answers()}:
        with contextlib.suppress(OSError):
            if ours in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                os.kill(process, signal.SIGKILL)
    scene.load.stop()


def _send_the_spool(platform: Platform, spool: Path) -> None:
    """The next process of the same site."""
    config = KameleoonClientConfig(
        "client-id", "client-secret", top_level_domain="example.com", endpoint=platform.origin, spool=spool
    )
    with KameleoonClient("site", config) as client:
        wait_until(lambda: client.stats().spool_events == 0, lambda: "the spool is not sent")


def _counts(platform: Platform, answers: list[Answer]) -> Counts:
    codes = {answer.visitor_code for answer in answers}
    arrived = Counter(event["visitorCode"] for event in platform.received.events if event["eventType"] == "conversion")
    twice = sum(count - 1 for code, count in arrived.items() if code in codes)
    return Counts(len(codes), sum(code not in arrived for code in codes), twice, platform.received.duplicated)


def _latest(load: Load) -> list[Answer]:
    return load.answers()[-_ENOUGH:]


def _wait(scene: Scene, condition: Callable[[], bool], problem: str, at_least: Optional[int] = None) -> None:
    def holds() -> bool:
        assert not scene.running.has_ended, f"it has ended:\n{scene.running.log}"
        assert scene.load.mistakes() == [], f"{scene.load.mistakes()[:3]}\n{scene.running.log}"
        return (at_least is None or len(scene.load.answers()) >= at_least) and condition()

    wait_until(holds, lambda: f"{problem}: {_latest(scene.load)}, {scene.load.mistakes()[:5]}\n{scene.running.log}")
