"""``Finding``: what a check has found, with a verdict. Imports nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Finding", "Verdict", "failed", "ok", "warning"]


class Verdict(enum.Enum):
    """How a check ends: only what ``FAILED`` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """A line of the report: the ``check``, its ``verdict``, a ``text``, a ``hint`` where something is wrong, and
    ``details``: the same as data, for programs.
    """

    check: str
    verdict: Verdict
    text: str
    hint: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def ok(check: str, text: str, **details: Any) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, text, None, details)


def warning(check: str, text: str, hint: str, **details: Any) -> Finding:
    """It works, and not as well as it could."""
    return Finding(check, Verdict.WARNING, text, hint, details)


def failed(check: str, text: str, hint: str, **details: Any) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.FAILED, text, hint, details)
