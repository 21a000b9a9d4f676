"""waitress, started by a program that handles ``SIGTERM``. Argument: the port."""

from __future__ import annotations

import signal
import sys
from typing import Any

import waitress

from tests.servers.programs.web import application


def end(*_: Any) -> None:
    raise SystemExit(0)


signal.signal(signal.SIGTERM, end)
waitress.serve(application, listen=f"127.0.0.1:{sys.argv[1]}")
