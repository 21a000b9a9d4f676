"""A WSGI application: every request evaluates a flag and tracks one conversion.

The visitor code is the query string. The answer is whether the flag is on, the process that answered, and whether
``flush`` has confirmed the conversion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.servers.programs.shop import answer, client

client.wait_init()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    text = answer(environ["QUERY_STRING"]).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]
