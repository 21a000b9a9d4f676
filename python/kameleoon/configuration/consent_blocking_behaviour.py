"""``ConsentBlockingBehaviour``: what a data file says of visitors who have not given their consent."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kameleoon._deprecated import warn_of_module

__all__ = ["ConsentBlockingBehaviour"]


class ConsentBlockingBehaviour(Enum):
    """What is held back without consent; the values are a data file's (docs/evaluation.md)."""

    PARTIALLY_BLOCKED = "PARTIALLY_BLOCK"
    COMPLETELY_BLOCKED = "FULLY_BLOCK"

    @classmethod
    def from_str(cls, s: Any) -> ConsentBlockingBehaviour:
        """What a data file calls so; ``PARTIALLY_BLOCKED`` where there is none."""
        return next((kind for kind in cls if kind.value == s), cls.PARTIALLY_BLOCKED)


warn_of_module(__name__, "nothing of this client gives or takes it; compare what the data file says")
