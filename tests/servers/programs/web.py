"""A WSGI application: every request evaluates a flag and tracks one conversion.

The visitor code is the query string. The answer is whether the flag is on, and the process that answered.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tests.servers.programs.shop import client

client.wait_init()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    visitor_code = environ["QUERY_STRING"]
    is_active = client.is_feature_active(visitor_code, "flag")
    client.track_conversion(visitor_code, os.getpid())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{is_active} {os.getpid()}".encode()]
