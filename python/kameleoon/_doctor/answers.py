"""What the services' answers are worth: pure functions from an outcome to a finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kameleoon._doctor import reasons
from kameleoon._doctor.asking import Answered, Unanswered
from kameleoon._doctor.finding import Finding, failed, ok, warning
from kameleoon._doctor.services import Outcome, Streamed
from kameleoon._settings.table import REQUIRED, Settings
from kameleoon._source.events import StreamHeartbeat, StreamLost, StreamOpened
from kameleoon.testing.data_file_reading import mapping

__all__ = ["judged", "wants_stream", "without_credentials"]

_SLOW_MILLISECONDS = 2000.0
_REFUSES_EMPTY = (400, 405, 411, 413, 415, 422)
"""What a service may say of a tracking request without a body: it is there all the same."""
_ELSEWHERE = "does something else answer in its place, such as a proxy's page to log in?"


def without_credentials(settings: Settings) -> Finding | None:
    """What is wrong where a part of the credentials is missing, so that no token was asked for."""
    missing = [name for name in REQUIRED if not getattr(settings, name)]
    if not missing:
        return None
    text = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: requests go without a token"
    return failed("access token", text, "docs/configuration.md says where they may stand", missing=missing)


def judged(outcome: Outcome, *, streams: bool) -> Finding:
    """What came of a service. ``streams``: whether the data file asks for real-time updates."""
    name, address = outcome.service.name, outcome.service.shown
    details: dict[str, Any] = {"address": address, "milliseconds": outcome.timing.milliseconds}
    if isinstance(outcome, Unanswered):
        text, hint = f"{address}: {reasons.reason(outcome)}", reasons.hint(outcome)
        if name == "event stream":
            return _without_stream(text, hint, streams=streams, details=details)
        return failed(name, text, hint, **details)
    if isinstance(outcome, Streamed):
        return _of_stream(outcome, address, details, streams=streams)
    details["status"] = outcome.answer.status
    finding = _JUDGES[name](outcome, details)
    total = outcome.timing.milliseconds["total"]
    if finding.hint is None and total > _SLOW_MILLISECONDS:
        return warning(
            name, f"slow: {finding.text}", "evaluations never wait for it; what is asked of it comes late", **details
        )
    return finding


def wants_stream(outcomes: list[Outcome]) -> bool:
    """Whether the data file asks for real-time updates; true where there is none to ask."""
    for outcome in outcomes:
        if isinstance(outcome, Answered) and outcome.service.name == "configuration":
            return mapping(mapping(outcome.json_object).get("configuration")).get("realTimeUpdate") is True
    return True


def _of_configuration(outcome: Answered, details: dict[str, Any]) -> Finding:
    status = outcome.answer.status
    if status in (403, 404):
        return failed("configuration", _said(outcome, "it refuses the site"), "is the site code right?", **details)
    if status != 200:
        return failed("configuration", _said(outcome), "the service's trouble, if it goes on", **details)
    if outcome.json_object is None:
        return failed("configuration", _said(outcome, "that is no data file"), _ELSEWHERE, **details)
    return ok("configuration", _said(outcome), **details)


def _of_token(outcome: Answered, details: dict[str, Any]) -> Finding:
    status = outcome.answer.status
    if status in (400, 401, 403):
        hint = "are client_id and client_secret those of the Kameleoon app, and of one pair?"
        return failed("access token", _said(outcome, "it refuses the credentials"), hint, **details)
    if not 200 <= status < 300:
        return failed("access token", _said(outcome), "the service's trouble, if it goes on", **details)
    answer = mapping(outcome.json_object)
    if not isinstance(answer.get("access_token"), str):
        return failed("access token", _said(outcome, "that is no token"), _ELSEWHERE, **details)
    seconds = answer.get("expires_in")
    return ok("access token", _said(outcome, f"for {seconds} s"), expires_in=seconds, **details)


def _of_tracking(outcome: Answered, details: dict[str, Any]) -> Finding:
    status = outcome.answer.status
    if status in _REFUSES_EMPTY:
        return ok("tracking", _said(outcome, "to a request without events: it is there"), **details)
    return _of_data_service(outcome, details, is_well=200 <= status < 300, what="an empty request is taken")


def _of_data(outcome: Answered, details: dict[str, Any]) -> Finding:
    status = outcome.answer.status
    what = "nothing is kept under a key that nobody has" if status == 404 else "it answers"
    return _of_data_service(outcome, details, is_well=200 <= status < 300 or status == 404, what=what)


def _of_data_service(outcome: Answered, details: dict[str, Any], *, is_well: bool, what: str) -> Finding:
    name, status = outcome.service.name, outcome.answer.status
    details["with_token"] = outcome.with_token
    if is_well:
        without = "" if outcome.with_token else ", without a token"
        return ok(name, _said(outcome, what + without), **details)
    if status in (401, 403):
        refused = "it refuses the token" if outcome.with_token else "it wants a token, and there was none"
        hint = "are the credentials those of this site?" if outcome.with_token else "see 'access token'"
        return failed(name, _said(outcome, refused), hint, **details)
    return failed(name, _said(outcome), "the service's trouble, if it goes on", **details)


def _of_stream(outcome: Streamed, address: str, details: dict[str, Any], *, streams: bool) -> Finding:
    opened, *later = outcome.reports
    if not isinstance(opened, StreamOpened) or any(isinstance(report, StreamLost) for report in later):
        lost = next((report.reason for report in later if isinstance(report, StreamLost)), "it was refused")
        hint = "does a proxy in between end what is not over soon?"
        return _without_stream(
            f"{address}: connected, and lost at once: {lost}", hint, streams=streams, details=details
        )
    lives = "a heartbeat has come" if any(isinstance(each, StreamHeartbeat) for each in later) else "no heartbeat yet"
    if later and lives == "no heartbeat yet":
        lives = "an update has come"
    unused = "" if streams else "; the data file does not ask for it"
    return ok("event stream", f"{address}: connected in {outcome.timing}; {lives}{unused}", **details)


def _without_stream(text: str, hint: str, *, streams: bool, details: dict[str, Any]) -> Finding:
    """A client without the stream goes on, and learns of updates later."""
    if streams:
        return failed("event stream", text, f"{hint} Without it updates come once a refresh interval", **details)
    return warning("event stream", f"{text}; the data file does not ask for it", hint, **details)


def _said(outcome: Answered, what: str = "") -> str:
    found = f"{outcome.service.shown}: HTTP {outcome.answer.status} in {outcome.timing}"
    return f"{found}: {what}" if what else found


_JUDGES: dict[str, Callable[[Answered, dict[str, Any]], Finding]] = {
    "configuration": _of_configuration,
    "access token": _of_token,
    "tracking": _of_tracking,
    "data": _of_data,
}
