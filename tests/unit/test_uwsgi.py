"""What uWSGI's module tells of its threads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kameleoon._uwsgi import runs_threads


@pytest.mark.parametrize(
    ("version", "options", "runs"),
    [
        (b"2.0.26", {"master": True}, False),
        (b"2.0.21-debian", {}, False),
        (b"2.0.26", {"enable-threads": True}, True),
        (b"2.0.26", {"enable-threads": b"true"}, True),
        (b"2.0.26", {"enable-threads": b"false"}, False),
        (b"2.0.26", {"threads": b"2"}, True),
        (b"2.0.26", {"threads": b"0"}, False),
        (b"2.0.26", {"gevent": b"100"}, True),
        (b"2.0.27", {}, True),
        (b"2.0.31", {}, True),
        ("2.1", {}, True),
        (b"", {}, True),
    ],
)
def test_threads(version: Any, options: dict[str, Any], runs: bool) -> None:
    assert runs_threads(SimpleNamespace(version=version, opt=options)) is runs


def test_what_is_no_uwsgi_is_taken_for_a_server_with_threads() -> None:
    assert runs_threads(SimpleNamespace())
