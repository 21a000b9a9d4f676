"""``RuleType``: the kinds of rules that a data file has."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kameleoon._deprecated import warn_of_module

__all__ = ["RuleType", "rule_type_from_literal"]


class RuleType(Enum):
    """The kinds of rules; the values are a data file's."""

    UNKNOWN = None
    EXPERIMENTATION = "EXPERIMENTATION"
    TARGETED_DELIVERY = "TARGETED_DELIVERY"


def rule_type_from_literal(literal: Any) -> RuleType:
    """The kind of rule that a data file calls so; ``UNKNOWN`` where there is none."""
    return next((kind for kind in RuleType if kind.value == literal), RuleType.UNKNOWN)


warn_of_module(__name__, "nothing of this client gives or takes a rule's type; compare what the data file says")
