"""What users read when they err: each row of docs/mistakes.md is run."""

from __future__ import annotations

import json
import pickle
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import kameleoon
from kameleoon import KameleoonClient, KameleoonClientConfig, KameleoonClientFactory
from kameleoon.__main__ import main
from kameleoon.events import EventType
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from tests.conftest import LogLines
from tests.data_files import data_file, flag, rule, variation
from tests.mistakes.reading import read as read_message
from tests.mistakes.rows import SECTIONS, Mistake
from tests.mistakes.table import PAGE, table, written

CHECKOUT = flag("new-checkout", 1, variations=[variation("off"), variation("on", ("color", "STRING", "green"))])
DATA_FILE = data_file(CHECKOUT, flag("old-search", 2, [rule(20)], environmentEnabled=False))
FILES = {
    "broken.yaml": "client_id: [",
    "list.yaml": "- client_id",
    "empty.yaml": "",
    "camel.yaml": "clientId: id\nclient_secret: secret\n",
    "types.yaml": "client_id: id\nclient_secret: secret\nrefresh_interval_minute: often\n",
    "data.json": json.dumps(DATA_FILE),
    "visitors.csv": "code,plan\nalice,pro\n",
}
MISTAKES = [mistake for rows in SECTIONS.values() for mistake in rows]


def online(origin: str) -> KameleoonClient:
    return KameleoonClient("site", KameleoonClientConfig("id", "secret", top_level_domain="a.com", endpoint=origin))


@pytest.fixture(scope="module")
def silent_origin() -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def refusing_origin() -> Iterator[str]:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def names(
    mistake: Mistake, silent_origin: str, refusing_origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """What the code of a row may name, in a directory with the files that it reads."""
    monkeypatch.chdir(tmp_path)
    for name in ("KAMELEOON_CLIENT_ID", "KAMELEOON_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name, text in FILES.items():
        Path(name).write_text(text)
    found = {
        **{name: getattr(kameleoon, name) for name in kameleoon.__all__},
        "EventType": EventType,
        "KameleoonClient": KameleoonClient,
        "KameleoonLogger": KameleoonLogger,
        "MappingProxyType": MappingProxyType,
        "RemoteVisitorDataFilter": RemoteVisitorDataFilter,
        "application": lambda environ, start_response: [],
        "client": KameleoonClient("site", KameleoonClientConfig.offline(DATA_FILE, environment="staging")),
        "config": KameleoonClientConfig.offline(DATA_FILE),
        "other_config": KameleoonClientConfig.offline(DATA_FILE, environment="other"),
        "pickle": pickle,
    }
    for name, origin in (("silent", silent_origin), ("refused", refusing_origin)):
        if name in mistake.code:
            found[name] = online(origin)
    if "refused" in found and "wait_init" not in mistake.code:
        found["refused"].wait_init(30_000)
    yield found
    for each in found.values():
        if isinstance(each, KameleoonClient):
            each.close(0)
    KameleoonClientFactory.forget("twice")


def pattern(reads: str) -> str:
    return ".*".join(re.escape(part) for part in reads.split("…"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.code)
def test_what_a_mistake_reads_like(
    mistake: Mistake, names: dict[str, Any], log: LogLines, capsys: pytest.CaptureFixture[str]
) -> None:
    if mistake.code.startswith("$"):
        if mistake.code.startswith("$ assign"):
            pytest.importorskip("pyarrow")
        try:
            status = main(shlex.split(mistake.code[1:]))
        except SystemExit as exit:
            status = exit.code
        read = [capsys.readouterr().err.strip()]
        assert status in (1, 2)
        assert "Traceback" not in read[0]
    else:
        try:
            exec(mistake.code, names)
            read = [re.sub(r"^Kameleoon \[(\w+)\]", r"\1", line) for _, line in log.lines]
        except Exception as error:  # noqa: BLE001  # whatever a user reads
            read = [f"{type(error).__name__}: {read_message(error)}"]
    assert any(re.fullmatch(pattern(mistake.reads), line, re.DOTALL) for line in read), read


def test_the_page_has_each_of_them() -> None:
    assert len(MISTAKES) >= 47
    assert written(PAGE.read_text(encoding="utf-8")) == table(), "python -m tests.mistakes.table writes the page"
