"""The process of a function, as AWS Lambda has them: one call at a time, all that is unsent is flushed in each.

Argument: the port. The calls come over HTTP here.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from tests.servers.programs import CONFIRM
from tests.servers.programs.web import application


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def handler(environ: dict[str, Any], start_response: Any) -> Any:
    return application({**environ, "QUERY_STRING": environ["QUERY_STRING"].partition("&")[0] + CONFIRM}, start_response)


def end(*_: Any) -> None:
    # In a thread: ``shutdown`` waits for the loop that this handler interrupts, and an exception would be swallowed there.
    threading.Thread(target=server.shutdown).start()


server = make_server("127.0.0.1", int(sys.argv[1]), handler, handler_class=Quiet)
signal.signal(signal.SIGTERM, end)
server.serve_forever()
