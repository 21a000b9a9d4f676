"""``FlagFigures``: how often a feature flag was evaluated, and its variations exposed."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record

__all__ = ["FlagFigures"]


class FlagFigures(Record):
    """What a client has counted of a feature flag in this process (docs/figures.md#flags).

    ``feature_key``: the flag's key; ``is_in_data_file``: whether the data file in use has it. ``evaluated``: how often
    it was evaluated, whatever came of it, alone or with all others; ``variations``: how often each variation was the
    answer, by its key; ``exposed``: how many visitors were exposed to each variation, each once a session, by its key:
    the answer was assigned by a rule, and sent or to be sent. ``last_evaluated``: when it was last evaluated;
    ``last_asked``: when it was last asked for by its key, not only given with all others, as ``get_variations`` does.
    Both in seconds since the epoch, ``None`` for never.

    >>> client.get_variation("alice", "new-checkout").key
    'on'
    >>> figures = client.stats().flags["new-checkout"]
    >>> figures.evaluated, figures.variations
    (1, {'on': 1})
    """

    __slots__ = (
        "evaluated",
        "exposed",
        "feature_key",
        "is_in_data_file",
        "last_asked",
        "last_evaluated",
        "variations",
    )

    def __init__(
        self,
        *,
        feature_key: str,
        is_in_data_file: bool,
        evaluated: int,
        variations: dict[str, int],
        exposed: dict[str, int],
        last_evaluated: float | None,
        last_asked: float | None,
    ) -> None:
        self.feature_key: str = feature_key
        self.is_in_data_file: bool = is_in_data_file
        self.evaluated: int = evaluated
        self.variations: dict[str, int] = variations
        self.exposed: dict[str, int] = exposed
        self.last_evaluated: float | None = last_evaluated
        self.last_asked: float | None = last_asked

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, as JSON has them."""
        return self._by_name()
