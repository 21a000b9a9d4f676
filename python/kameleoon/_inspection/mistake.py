"""``Mistake``: something that is wrong with a data file. Imports nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Mistake"]


@dataclass(frozen=True)
class Mistake:
    """Its ``kind`` (``"left out"``, ``"pattern"``, ``"duplicate"``, ``"reference"``, ``"exposition"``, ``"segment"``,
    ``"nobody"``), ``where`` it is, such as ``flag "banner": rule 21``, and a ``text``.
    """

    kind: str
    where: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"
