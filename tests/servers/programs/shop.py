"""The client of these programs, made when the module is imported, and what they do for each visitor.

In the environment: ORIGIN is the platform, SPOOL a spool if there is one, ANSWERS a file for the answers of
programs that nobody asks over HTTP.
"""

from __future__ import annotations

import logging
import os

from kameleoon import KameleoonClientConfig, KameleoonClientFactory
from tests.servers.programs import CONFIRM

_CONFIRM_SECONDS = 0.5

logging.basicConfig()
client = KameleoonClientFactory.create(
    "site",
    KameleoonClientConfig(
        "client-id",
        "client-secret",
        top_level_domain="example.com",
        endpoint=os.environ["ORIGIN"],
        spool=os.environ.get("SPOOL"),
        close_timeout_second=20,  # the default of 2 s is little on a machine that is busy with ten servers at once
    ),
)


def answer(query: str) -> str:
    """Evaluates a flag and tracks one conversion. ``query``: the visitor code, and ``&confirm`` for one who is answered
    only once ``flush`` has confirmed the conversion.
    """
    return f"{_serve(query.partition('&')[0])} {client.flush(timeout=_CONFIRM_SECONDS) if CONFIRM in query else False}"


async def answer_async(query: str) -> str:
    """The same on an event loop."""
    text = _serve(query.partition("&")[0])
    return f"{text} {await client.flush_async(timeout=_CONFIRM_SECONDS) if CONFIRM in query else False}"


def _serve(visitor_code: str) -> str:
    is_active = client.is_feature_active(visitor_code, "flag")
    client.track_conversion(visitor_code, os.getpid())
    return f"{is_active} {os.getpid()}"


def write_answer(query: str) -> None:
    """Answers into the file ANSWERS, to which many processes add lines."""
    line = f"{query} {answer(query)}\n".encode()
    file = os.open(os.environ["ANSWERS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
    finally:
        os.close(file)
