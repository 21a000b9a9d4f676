"""How far this machine's clock is from the services', by the ``Date`` of an answer."""

from __future__ import annotations

from datetime import timezone
from email.utils import parsedate_to_datetime

from kameleoon._doctor.asking import Answered
from kameleoon._doctor.finding import Finding, failed, ok, warning
from kameleoon._doctor.services import Outcome

__all__ = ["compared"]

_WELL_SECONDS = 5.0
_WRONG_SECONDS = 300.0
_HINT = "is this machine's clock kept by NTP? certificates, and conditions on visits, go by it"


def compared(outcomes: list[Outcome]) -> Finding:
    """The difference, from the first answer that has a date."""
    for outcome in outcomes:
        seconds = _ahead(outcome) if isinstance(outcome, Answered) else None
        if seconds is None:
            continue
        details = {"seconds": round(seconds, 1), "service": outcome.service.name}
        if abs(seconds) <= _WELL_SECONDS:
            return ok("clock", f"within {_WELL_SECONDS:.0f} s of the service's ({outcome.service.name})", **details)
        direction = "ahead of" if seconds > 0 else "behind"
        text = f"{abs(seconds):,.0f} s {direction} the service's ({outcome.service.name})"
        return (warning if abs(seconds) <= _WRONG_SECONDS else failed)("clock", text, _HINT, **details)
    return warning("clock", "not compared: no service has answered with a date", "see the services above")


def _ahead(outcome: Answered) -> float | None:
    """The seconds that the clock here is ahead, to a second and the time that the answer took."""
    try:
        date = parsedate_to_datetime(outcome.answer.headers.get("Date", ""))
    except (TypeError, ValueError, IndexError):
        return None
    moment = date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    return outcome.received_at - moment - 0.5  # a date is of whole seconds, cut off
