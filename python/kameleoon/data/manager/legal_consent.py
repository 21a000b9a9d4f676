"""``LegalConsent``: what is known of a visitor's consent."""

from __future__ import annotations

from enum import Enum

from kameleoon._deprecated import warn_of_module

__all__ = ["LegalConsent"]


class LegalConsent(Enum):
    """What is known of a visitor's consent."""

    UNKNOWN = 0
    GIVEN = 1
    NOT_GIVEN = 2


warn_of_module(__name__, "KameleoonClient.set_legal_consent takes a bool, and nothing gives a LegalConsent")
