"""``Explanation``: each step that decided an evaluation. Readable when printed."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record
from kameleoon.types.variation import Variation

__all__ = ["ConditionExplanation", "Explanation", "RuleExplanation", "SegmentExplanation"]


class ConditionExplanation(Record):
    """A targeting condition: its ``type`` and ``definition`` in the data file, whether it ``holds`` for the visitor
    (``include`` false: it was negated for that), the visitor's ``figure``, and the ``segment`` that it refers to.
    """

    __slots__ = ("definition", "figure", "holds", "include", "segment", "type")

    def __init__(self, raw: dict[str, Any]) -> None:
        self.type: str = raw["type"]
        self.definition: str = raw["definition"]
        self.include: bool = raw["include"]
        self.holds: bool = raw["holds"]
        self.figure: str = raw["figure"]
        nested = raw["segment"]
        self.segment: SegmentExplanation | None = SegmentExplanation(nested) if nested else None

    def _lines(self, indent: str) -> list[str]:
        negation = "" if self.include else "NOT "
        definition = f" ({self.definition})" if self.definition else ""
        figure = f"; visitor: {self.figure}" if self.figure else ""
        lines = [f"{indent}{_mark(self.holds)} {negation}{self.type}{definition}{figure}"]
        return lines + (self.segment._lines(indent + "    ") if self.segment else [])


class SegmentExplanation(Record):
    """A segment: its ``segment_id``, whether it has ``targeted`` the visitor, and its ``groups`` of conditions."""

    __slots__ = ("groups", "segment_id", "targeted")

    def __init__(self, raw: dict[str, Any]) -> None:
        self.segment_id: int = raw["segment_id"]
        self.targeted: bool = raw["targeted"]
        self.groups: list[list[ConditionExplanation]] = [
            [ConditionExplanation(condition) for condition in group] for group in raw["groups"]
        ]

    def _lines(self, indent: str) -> list[str]:
        lines = [f"{indent}{_mark(self.targeted)} segment {self.segment_id}"]
        for number, group in enumerate(self.groups, 1):
            lines.append(f"{indent}  group {number}")
            for condition in group:
                lines += condition._lines(indent + "    ")
        return lines


class RuleExplanation(Record):
    """A rule that was asked: its ``rule_id``, ``type`` and ``experiment_id``, its ``segment`` if targeting was asked,
    the ``result`` in words, and whether it ``decided`` the answer.
    """

    __slots__ = ("decided", "experiment_id", "result", "rule_id", "segment", "type")

    def __init__(self, raw: dict[str, Any]) -> None:
        self.rule_id: int = raw["rule_id"]
        self.type: str = raw["type"]
        self.experiment_id: int = raw["experiment_id"]
        self.segment: SegmentExplanation | None = SegmentExplanation(raw["segment"]) if raw["segment"] else None
        self.result: str = raw["result"]
        self.decided: bool = raw["decided"]

    def _lines(self, indent: str) -> list[str]:
        head = f"{indent}rule {self.rule_id} ({self.type}, experiment {self.experiment_id}): {self.result}"
        return [head] + (self.segment._lines(indent + "  ") if self.segment else [])


class Explanation(Record):
    """How a visitor's variation of a feature flag came about.

    ``variation`` is the answer, or ``None`` with the ``reason`` for which there is none; ``steps`` what came before the
    rules (simulation, holdout, mutually exclusive group); ``rules`` those that were asked, in order.
    """

    __slots__ = ("feature_key", "reason", "rules", "steps", "variation", "visitor_code")

    def __init__(
        self,
        visitor_code: str,
        feature_key: str,
        variation: Variation | None,
        reason: str | None,
        raw: dict[str, Any],
    ) -> None:
        self.visitor_code = visitor_code
        self.feature_key = feature_key
        self.variation = variation
        self.reason = reason
        self.steps: list[str] = raw["steps"]
        self.rules: list[RuleExplanation] = [RuleExplanation(rule) for rule in raw["rules"]]

    def __str__(self) -> str:
        lines = [f"{self.feature_key} for visitor {self.visitor_code!r}"]
        lines += [f"  {step}" for step in self.steps]
        for rule in self.rules:
            lines += rule._lines("  ")
        if self.variation is None:
            lines.append(f"  => no variation: {self.reason}")
        else:
            by_default = "" if self.variation.experiment_id is not None else " (the default)"
            lines.append(f"  => {self.variation.key}{by_default}")
        return "\n".join(lines)


def _mark(truth: bool) -> str:
    return "[x]" if truth else "[ ]"
