"""A context processor: ``kameleoon`` in templates."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

__all__ = ["kameleoon"]


def kameleoon(request: HttpRequest) -> dict[str, Any]:
    """The request's ``Visitor`` as ``kameleoon``; nothing where the middleware is not installed."""
    visitor = getattr(request, "kameleoon", None)
    return {} if visitor is None else {"kameleoon": visitor}
