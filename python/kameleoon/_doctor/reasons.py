"""Why there was no answer, in words, and what to look at: by the stage at which it ended."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from kameleoon._doctor.asking import Unanswered
from kameleoon._network.connections import Stage
from kameleoon._network.request import RequestError
from kameleoon._settings.origins import without_secrets

__all__ = ["hint", "reason"]

_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError, socket.timeout, TimeoutError)
_SLOW = "it hangs, or what is in between does; --timeout SECONDS waits for longer"
_IN_VAIN = {
    Stage.NAME: "the name {host!r} was not looked up in time",
    Stage.CONNECTION: "no connection to {host} in time",
    Stage.TLS: "no TLS handshake with {host} in time",
    Stage.FIRST_BYTE: "no answer from {host} in time",
    None: "the answer of {host} did not end in time",
}
_HINTS = {
    Stage.NAME: "is the name right, and can this machine look up names?",
    Stage.CONNECTION: "does it run there, and is port {port} open, or does a firewall want a proxy (HTTPS_PROXY)?",
    Stage.TLS: "a proxy that looks into TLS has certificates of its own: REQUESTS_CA_BUNDLE names their file",
    Stage.FIRST_BYTE: _SLOW,
    None: _SLOW,
}


def reason(outcome: Unanswered) -> str:
    """Such as ``no connection to 127.0.0.1: Connection refused``. Without credentials and without queries."""
    place = urlsplit(outcome.service.address)
    innermost = _innermost(outcome.error)
    if isinstance(innermost, _TIMEOUTS) and not isinstance(innermost, urllib3.exceptions.NewConnectionError):
        return _IN_VAIN[_ended_at(outcome)].format(host=place.hostname)
    if isinstance(outcome.error, RequestError):
        return outcome.error.reason
    text = str(innermost) or type(innermost).__name__
    if isinstance(innermost, urllib3.exceptions.HTTPError):
        text = text.partition("): ")[2] or text  # it begins with the connection, as an object
    if place.query:
        text = text.replace(f"?{place.query}", "")
    return without_secrets(text)


def hint(outcome: Unanswered) -> str:
    """What to look at."""
    place = urlsplit(outcome.service.address)
    port = place.port or (443 if place.scheme == "https" else 80)
    return _HINTS[_ended_at(outcome)].format(port=port)


def _ended_at(outcome: Unanswered) -> Stage | None:
    """The stage that was not reached; ``None`` where the answer had begun."""
    if outcome.reached is None:
        return Stage.NAME
    is_secure = outcome.service.address.startswith("https:")
    return {
        Stage.NAME: Stage.CONNECTION,
        Stage.CONNECTION: Stage.TLS if is_secure else Stage.FIRST_BYTE,
        Stage.TLS: Stage.FIRST_BYTE,
        Stage.FIRST_BYTE: None,
    }[outcome.reached]


def _innermost(error: BaseException) -> BaseException:
    """What the libraries have wrapped, again and again."""
    while True:
        wrapped = (*error.args[:1], getattr(error, "reason", None), getattr(error, "original_error", None))
        inner = next((each for each in wrapped if isinstance(each, BaseException)), None)
        if inner is None:
            return error
        error = inner
