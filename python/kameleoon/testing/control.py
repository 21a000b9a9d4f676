"""The control path of the local platform: what its page, and tests over HTTP, ask it and tell it (docs/platform.md).

Comes in: a method, a path, a query and a body. Goes out: a status and a JSON value. Called by ``server``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import secrets
import time
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any

from kameleoon._native import BatchSnapshot
from kameleoon.testing.event_words import EventWords
from kameleoon.testing.faults import Fault, FaultKind, ServiceName
from kameleoon.testing.services import Services
from kameleoon.testing.visitor_form import FormMistake, kinds_to_json, rows_of_events
from kameleoon.testing.visitor_view import evaluate
from kameleoon.testing.words import in_words

__all__ = ["Control", "refusal"]

_JSON = "application/json"
_MOST_EVENTS = 500
"""So many events are answered at once."""
_MOST_LEFT_OUT = 100
Answer = tuple[int, Any]
Query = Mapping[str, str]


class Control:
    """The control path of one platform. Any thread may call it.

    >>> from kameleoon.testing import Platform
    >>> with Platform() as platform:
    ...     Control(platform).answer("POST", "/control/environment", {}, b'{"flag": "x", "enabled": true}')
    (400, {'error': "KeyError: 'x'"})
    """

    def __init__(self, platform: Services) -> None:
        self._platform = platform
        self._started = secrets.token_hex(8)
        self._words: tuple[int, EventWords] | None = None
        self._routes: dict[tuple[str, str], Callable[[Query, dict[str, Any]], Any]] = {
            ("GET", "state"): lambda _, __: platform.state(),
            ("GET", "received"): lambda _, __: platform.received.summary(),
            ("GET", "flags"): lambda _, __: self._flags(),
            ("GET", "live"): lambda query, _: self._live(query),
            ("GET", "visitor"): lambda query, _: self._visitor(query),
            ("POST", "evaluate"): lambda _, fields: evaluate(platform.numbered_data_file()[1], fields),
            ("POST", "faults"): lambda _, fields: self._set_fault(fields),
            ("DELETE", "faults"): lambda _, fields: platform.behave(fields.get("service")),
            ("DELETE", "received"): lambda _, __: platform.received.clear(),
            ("POST", "data-file"): lambda _, fields: platform.set_data_file(fields),
            ("POST", "environment"): lambda _, fields: platform.set_environment_enabled(
                fields["flag"], bool(fields["enabled"])
            ),
            ("POST", "exposition"): lambda _, fields: platform.set_exposition(
                fields["flag"], int(fields["rule"]), float(fields["exposition"]), fields.get("variation")
            ),
        }

    def answer(self, method: str, path: str, query: Query, body: bytes) -> Answer:
        """The status and the JSON of the answer to a request, which may be anything."""
        route = self._routes.get((method, path.removeprefix("/control/")))
        if route is None:
            return 404, {"error": f"no such control: {method} {path}"}
        try:
            fields = json.loads(body) if body else {}
            if not isinstance(fields, dict):
                raise ValueError(f"the body must be a JSON object, not {type(fields).__name__!r}")
            answer = route(query, fields)
        except FormMistake as mistake:
            return 400, {"error": str(mistake), "row": mistake.row, "field": mistake.field}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}
        return 200, {} if answer is None else answer

    def _set_fault(self, fields: dict[str, Any]) -> None:
        self._platform.faults.set(ServiceName(fields.pop("service")), Fault.from_json(fields))

    def _flags(self) -> dict[str, Any]:
        """What changes with the data file alone."""
        revision, data_file = self._platform.numbered_data_file()
        return {
            "revision": revision,
            **in_words(data_file),
            "leftOut": _left_out(data_file),
            "kinds": kinds_to_json(data_file),
            "services": [service.value for service in ServiceName],
            "faultKinds": [kind.value for kind in FaultKind],
        }

    def _live(self, query: Query) -> dict[str, Any]:
        """What changes all the time. Events that came after number ``after``, which a page has already."""
        platform = self._platform
        limit = min(max(int(query.get("limit", "200")), 0), _MOST_EVENTS)
        after, visitor, kind = int(query.get("after", "-1")), query.get("visitor", ""), query.get("type", "")
        received = platform.received.since(after, limit, visitor, kind)
        counts = platform.received.counts()
        words = self._event_words()
        for event in received["events"]:
            event["words"] = words.of(event["fields"])
        return {
            "started": self._started,
            "revision": platform.revision,
            **platform.counts(),
            "received": {"total": counts.pop("events"), **counts, **received},
            "clients": platform.clients.to_json(time.time()),
        }

    def _visitor(self, query: Query) -> dict[str, Any]:
        """A visitor's data as rows of the form, from the events that came of it."""
        code = query.get("code", "")
        data_file = self._platform.numbered_data_file()[1]
        return {"visitor": code, "data": rows_of_events(self._platform.received.of_visitor(code), data_file)}

    def _event_words(self) -> EventWords:
        if self._words is None or self._words[0] != self._platform.revision:
            revision, data_file = self._platform.numbered_data_file()
            self._words = revision, EventWords(data_file)
        return self._words[1]


def _left_out(data_file: dict[str, Any]) -> list[str]:
    """What a client leaves out of the data file, with the reasons, as it logs them."""
    try:
        return BatchSnapshot.compile(json.dumps(data_file).encode())[1][:_MOST_LEFT_OUT]
    except ValueError as error:
        return [str(error)]


def refusal(method: str, headers: Mapping[str, str] | Message, port: int) -> tuple[int, str] | None:
    """Why a request to the control path is refused, if it is: a status and a reason. A web page must not change the
    flags of a program under test, be it by a form, by a script, or under a name of its own that leads here.

    >>> refusal("GET", {"Host": "evil.example"}, 8765)[0]
    403
    """
    host = headers.get("Host", "")
    if not _is_loopback(host, port):
        return 403, f"the host {host!r} is not this platform. hint: use 127.0.0.1:{port} or localhost:{port}"
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        reason = f"a page of {origin!r} may not control the platform. hint: use the platform's own, http://{host}/"
        return 403, reason
    kind = headers.get("Content-Type", "")
    if method != "GET" and kind.partition(";")[0].strip().lower() != _JSON:
        return 415, f"the content type is {kind!r}. hint: send the header 'Content-Type: {_JSON}'"
    return None


def _is_loopback(host: str, port: int) -> bool:
    """Whether a ``Host`` header names loopback and the port."""
    name, _, given_port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, given_port = host, ""
    if (given_port or "80") != str(port):
        return False
    if name.lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name[1:-1] if name.startswith("[") else name).is_loopback
    return False
