"""Making and checking visitor codes (docs/visitor-data.md#visitor-codes)."""

from __future__ import annotations

from kameleoon._cookies import new_visitor_code
from kameleoon._deprecated import warn_of_module
from kameleoon.exceptions import VisitorCodeInvalid

__all__ = ["VISITOR_CODE_LENGTH", "VISITOR_CODE_MAX_LENGTH", "generate_visitor_code", "validate_visitor_code"]

VISITOR_CODE_MAX_LENGTH = 255
"""In characters."""
VISITOR_CODE_LENGTH = 16
"""Of a code that is made here, in characters."""


def generate_visitor_code() -> str:
    """A visitor code of its own: 16 random hex digits."""
    return new_visitor_code()


def validate_visitor_code(visitor_code: str) -> None:
    """Raises ``VisitorCodeInvalid`` unless it is a text of 1 to 255 characters."""
    if not visitor_code:
        raise VisitorCodeInvalid("empty visitor code")
    if not isinstance(visitor_code, str):
        raise VisitorCodeInvalid(f"is no text but {type(visitor_code).__name__}")
    if len(visitor_code) > VISITOR_CODE_MAX_LENGTH:
        raise VisitorCodeInvalid(f"is longer than {VISITOR_CODE_MAX_LENGTH} chars")


warn_of_module(__name__, "use KameleoonClient.get_visitor_code, which makes a code and checks one")
