"""``Explanation``: each step that decided an evaluation. Readable when printed."""

from __future__ import annotations

from typing import Any

from kameleoon.types._record import Record
from kameleoon.types.variation import Variation

__all__ = ["ConditionExplanation", "Explanation", "RuleExplanation", "SegmentExplanation"]


class ConditionExplanation(Record):
    """A targeting condition: its ``type`` and ``definition`` in the data file, whether it ``holds`` for the visitor
    (``include`` false: it was negated for that), what the ``visitor_has`` of the kind, and the ``segment`` that it
    refers to.

    >>> from kameleoon import KameleoonClient, KameleoonClientConfig
    >>> from kameleoon.testing import DataFile
    >>> from kameleoon.testing.conditions import custom
    >>> data_file = DataFile().flag("cart").delivery("on").targeting(custom("plan") == "gold").build()
    >>> with KameleoonClient("site-code", KameleoonClientConfig.offline(data_file)) as client:
    ...     segment = client.explain("alice", "cart").rules[0].segment
    >>> condition = segment.groups[0][0]
    >>> condition.type, condition.holds, condition.segment
    ('CUSTOM_DATUM', False, None)
    """

    __slots__ = ("definition", "holds", "include", "segment", "type", "visitor_has")

    def __init__(self, raw: dict[str, Any], segments: list[SegmentExplanation]) -> None:
        self.type: str = raw["type"]
        self.definition: str = raw["definition"]
        self.include: bool = raw["include"]
        self.holds: bool = raw["holds"]
        self.visitor_has: str = raw["visitor_has"]
        self.segment: SegmentExplanation | None = _segment(raw, segments)

    def _line(self) -> str:
        negation = "" if self.include else "NOT "
        definition = f" ({self.definition})" if self.definition else ""
        has = f"; visitor: {self.visitor_has}" if self.visitor_has else ""
        return f"{_mark(self.holds)} {negation}{self.type}{definition}{has}"


class SegmentExplanation(Record):
    """A segment: its ``segment_id``, whether it has ``targeted`` the visitor, and its ``groups`` of conditions.

    >>> from kameleoon import KameleoonClient, KameleoonClientConfig
    >>> from kameleoon.testing import DataFile
    >>> from kameleoon.testing.conditions import custom
    >>> data_file = DataFile().flag("cart").delivery("on").targeting(custom("plan") == "gold").build()
    >>> with KameleoonClient("site-code", KameleoonClientConfig.offline(data_file)) as client:
    ...     segment = client.explain("alice", "cart").rules[0].segment
    >>> segment.targeted, len(segment.groups)
    (False, 1)
    """

    __slots__ = ("groups", "segment_id", "targeted")

    def __init__(self, raw: dict[str, Any], segments: list[SegmentExplanation]) -> None:
        self.segment_id: int = raw["segment_id"]
        self.targeted: bool = raw["targeted"]
        self.groups: list[list[ConditionExplanation]] = [
            [ConditionExplanation(condition, segments) for condition in group] for group in raw["groups"]
        ]

    def _lines(self, indent: str) -> list[str]:
        """One line an item. A segment that several conditions refer to is shown once."""
        lines: list[str] = []
        shown: set[int] = set()
        todo: list[tuple[str, SegmentExplanation | str]] = [(indent, self)]
        while todo:
            indent, item = todo.pop()
            if isinstance(item, str):
                lines.append(indent + item)
                continue
            head = f"{indent}{_mark(item.targeted)} segment {item.segment_id}"
            if id(item) in shown:
                lines.append(f"{head}, as above")
                continue
            shown.add(id(item))
            lines.append(head)
            inside: list[tuple[str, SegmentExplanation | str]] = []
            for number, group in enumerate(item.groups, 1):
                inside.append((indent + "  ", f"group {number}"))
                for condition in group:
                    inside.append((indent + "    ", condition._line()))
                    if condition.segment is not None:
                        inside.append((indent + "        ", condition.segment))
            todo += reversed(inside)
        return lines


def _segment(raw: dict[str, Any], segments: list[SegmentExplanation]) -> SegmentExplanation | None:
    position = raw["segment"]
    return None if position is None else segments[position]


class RuleExplanation(Record):
    """A rule that was asked: its ``rule_id``, ``type`` and ``experiment_id``, its ``segment`` if targeting was asked,
    the ``result`` in words, and whether it ``decided`` the answer.

    >>> rule = client.explain("alice", "new-checkout").rules[0]
    >>> rule.rule_id, rule.type, rule.decided
    (10, 'EXPERIMENTATION', True)
    """

    __slots__ = ("decided", "experiment_id", "result", "rule_id", "segment", "type")

    def __init__(self, raw: dict[str, Any], segments: list[SegmentExplanation]) -> None:
        self.rule_id: int = raw["rule_id"]
        self.type: str = raw["type"]
        self.experiment_id: int = raw["experiment_id"]
        self.segment: SegmentExplanation | None = _segment(raw, segments)
        self.result: str = raw["result"]
        self.decided: bool = raw["decided"]

    def _lines(self, indent: str) -> list[str]:
        head = f"{indent}rule {self.rule_id} ({self.type}, experiment {self.experiment_id}): {self.result}"
        return [head] + (self.segment._lines(indent + "  ") if self.segment else [])


class Explanation(Record):
    """How the variation of a feature flag (``feature_key``) for a visitor (``visitor_code``) came about.

    ``variation`` is the answer, or ``None`` with the ``reason`` for which there is none; ``steps`` what came before the
    rules (simulation, holdout, mutually exclusive group); ``rules`` those that were asked, in order. ``str()`` of it is
    made to be read. See docs/evaluation.md#what-is-asked-in-order.

    >>> explanation = client.explain("alice", "new-checkout")
    >>> explanation.variation.key, [rule.decided for rule in explanation.rules]
    ('on', [True])
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
        self.visitor_code: str = visitor_code
        self.feature_key: str = feature_key
        self.variation: Variation | None = variation
        self.reason: str | None = reason
        self.steps: list[str] = raw["steps"]
        segments: list[SegmentExplanation] = []
        for segment in raw["segments"]:  # one that another refers to comes before it
            segments.append(SegmentExplanation(segment, segments))
        self.rules: list[RuleExplanation] = [RuleExplanation(rule, segments) for rule in raw["rules"]]

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
