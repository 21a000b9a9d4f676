"""``SampleRatio``: whether an experiment's visitors are split as its data file says."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record

__all__ = ["SampleRatio", "VariationRatio"]


class VariationRatio(Record):
    """A variation of an experiment: its ``variation_key``; ``exposed``, how many visitors were exposed to it;
    ``expected``, how many of them it should be, by the shares of the data file.

    >>> for ratio in client.stats().sample_ratios():
    ...     print([(variation.variation_key, variation.exposed) for variation in ratio.variations])
    [('off', 0), ('on', 0)]
    """

    __slots__ = ("expected", "exposed", "variation_key")

    def __init__(self, *, variation_key: str, exposed: int, expected: float) -> None:
        self.variation_key: str = variation_key
        self.exposed: int = exposed
        self.expected: float = expected


class SampleRatio(Record):
    """Who was exposed to which variation of an experiment, and whether that can be chance
    (docs/figures.md#sample-ratios).

    ``feature_key``: the flag's key; ``experiment_id`` and ``rule_id``; ``variations``: the experiment's variations, in
    order; ``p_value``: how probable a split is that is as far from the configured one as this, or farther, if visitors
    are dealt as configured; ``None`` where there is no test, and ``why_no_test`` says why; ``is_mismatch``: whether the
    p-value is below 0.001.

    >>> for ratio in client.stats().sample_ratios():
    ...     print(ratio.feature_key, ratio.p_value, ratio.why_no_test)
    new-checkout None too few visitors
    """

    __slots__ = (
        "experiment_id",
        "feature_key",
        "is_mismatch",
        "p_value",
        "rule_id",
        "variations",
        "why_no_test",
    )

    def __init__(
        self,
        *,
        feature_key: str,
        experiment_id: int,
        rule_id: int,
        variations: list[VariationRatio],
        p_value: float | None,
        why_no_test: str,
        is_mismatch: bool,
    ) -> None:
        self.feature_key: str = feature_key
        self.experiment_id: int = experiment_id
        self.rule_id: int = rule_id
        self.variations: list[VariationRatio] = variations
        self.p_value: float | None = p_value
        self.why_no_test: str = why_no_test
        self.is_mismatch: bool = is_mismatch

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, as JSON has them."""
        return self._by_name()
