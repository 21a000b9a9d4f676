"""How many visitors got which variation by which rule, from long answers (docs/batch.md#layouts)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from kameleoon._cli.arrow import compute, pa

__all__ = ["Counting", "Outcome", "widened"]


class Outcome(NamedTuple):
    """What became of a visitor and a flag."""

    flag: str
    rule_id: int | None
    variation: str | None
    reason: str


class Counting:
    """Adds up the outcomes of batches."""

    def __init__(self, rule_ids: Iterable[int]) -> None:
        """``rule_ids``: all of the data file."""
        self._rule_ids = sorted(set(rule_ids))
        self._known = pa.array(self._rule_ids, pa.int64())
        self.counts: Counter[Outcome] = Counter()

    def add(self, batch: Any) -> None:
        """Counts the rows of a long answer.

        Each row becomes one number, which is counted: a fifth of what it takes to group by four columns.
        """
        flags, variations, reasons = batch["flag"], batch["variation"], batch["reason"]
        rules = compute.index_in(batch["rule_id"], value_set=self._known)
        parts = [  # position, and how many positions there are; the last is that of null
            (flags.indices, len(flags.dictionary)),
            (reasons.indices, len(reasons.dictionary)),
            (rules, len(self._rule_ids) + 1),
            (variations.indices, len(variations.dictionary) + 1),
        ]
        number = pa.scalar(0, pa.int64())
        for position, size in parts:
            known = compute.fill_null(position, size - 1) if position.null_count else position
            number = compute.add(compute.multiply(number, size), compute.cast(known, pa.int64()))
        sizes = [size for _, size in parts]
        names = [flags.dictionary.to_pylist(), reasons.dictionary.to_pylist(), self._rule_ids]
        keys = variations.dictionary.to_pylist()
        found = compute.value_counts(number)
        for value, count in zip(found.field(0).to_pylist(), found.field(1).to_pylist()):
            rest, variation = divmod(value, sizes[3])
            rest, rule = divmod(rest, sizes[2])
            flag, reason = divmod(rest, sizes[1])
            outcome = Outcome(
                names[0][flag],
                self._rule_ids[rule] if rule < len(self._rule_ids) else None,
                keys[variation] if variation < len(keys) else None,
                names[1][reason],
            )
            self.counts[outcome] += count


def widened(batch: Any, flags: int) -> list[Any]:
    """The columns of the wide answer: of a long one's variations, which are row by row those of each flag, every
    ``flags``-th.
    """
    variations = batch["variation"]
    if flags == 1:
        return [variations]
    by_row = pa.FixedSizeListArray.from_arrays(variations.indices, flags)
    return [
        pa.DictionaryArray.from_arrays(compute.list_element(by_row, flag), variations.dictionary)
        for flag in range(flags)
    ]
