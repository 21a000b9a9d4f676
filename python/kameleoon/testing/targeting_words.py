"""A segment in words: its conditions joined as the client joins them (docs/targeting.md#segments).

Called by ``words`` for each rule. Segments that a condition refers to are put into words in its place.

>>> segment = {"id": 5, "conditionsData": {"firstLevel": [{"conditions": [{"targetingType": "NEW_VISITORS",
...                                                                       "visitorType": "NEW"}]}]}}
>>> SegmentWords({"segments": [segment]}).of(5).sentence
'who are here for the first time'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kameleoon.testing.condition_words import ConditionWords
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["EVERYBODY", "SegmentWords", "Targeting"]

_DEEPEST = 20
"""So many segments deep a segment is put into words; beyond that it is named."""
_MOST_CONDITIONS = 200
"""Of one rule, with those of the segments that it refers to: nobody reads more."""
T = TypeVar("T")


@dataclass(frozen=True)
class Targeting:
    """Whom a segment is for: one ``phrase``; or several ``parts``, joined by "or" if ``is_any``, else by "and". A part
    that is a segment of its own is ``named``.

    >>> Targeting("who are here for the first time").sentence
    'who are here for the first time'
    """

    phrase: str = ""
    parts: tuple[Targeting, ...] = ()
    is_any: bool = False
    named: str = ""

    @property
    def is_everybody(self) -> bool:
        """Whether nothing is asked."""
        return not self.phrase and not self.parts

    @property
    def sentence(self) -> str:
        """In one sentence, with parentheses where "and" meets "or"; empty for everybody."""
        if not self.parts:
            return self.phrase
        texts = [f"({part.sentence})" if part.parts and not part.named else part.sentence for part in self.parts]
        word = "or" if self.is_any else "and"
        joined = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"
        return f"{self.named} ({joined})" if self.named else joined

    def to_json(self) -> Any:
        """A text, or ``{"any": […]}`` or ``{"all": […]}`` of such; with ``"named"`` for a segment of its own."""
        if not self.parts:
            return self.phrase
        joined: dict[str, Any] = {"any" if self.is_any else "all": [part.to_json() for part in self.parts]}
        return {"named": self.named, **joined} if self.named else joined


EVERYBODY = Targeting()


class SegmentWords:
    """Words for the segments of one data file.

    >>> SegmentWords({}).of(5).is_everybody  # a segment that the data file does not have
    True
    """

    def __init__(self, data_file: dict[str, Any]) -> None:
        self.conditions: ConditionWords = ConditionWords(data_file)
        inline = [
            rule["segment"]
            for flag in mappings(data_file.get("featureFlags"))
            for rule in mappings(flag.get("rules"))
            if isinstance(rule.get("segment"), dict)
        ]
        segments = [*mappings(data_file.get("segments")), *inline]
        self._segments = {
            identifier(segment.get("id")): segment for segment in segments
        }  # of an id the last one counts
        self._left = 0

    def conditions_of(self, segment_id: int) -> list[list[dict[str, Any]]] | None:
        """The conditions of a segment, by group; ``None`` where there is no such segment.

        >>> SegmentWords({"segments": [{"id": 5}]}).conditions_of(5)
        []
        """
        segment = self._segments.get(segment_id)
        if segment is None:
            return None
        groups = mappings(mapping(segment.get("conditionsData")).get("firstLevel"))
        return [mappings(group.get("conditions")) for group in groups]

    def operators_of(self, segment_id: int) -> tuple[list[Any], list[list[Any]]]:
        """The operators between the groups of a segment, and those in each group: ``True`` is "or".

        >>> SegmentWords({"segments": [{"id": 5}]}).operators_of(5)
        ([], [])
        """
        data = mapping(self._segments.get(segment_id, {}).get("conditionsData"))
        groups = mappings(data.get("firstLevel"))
        return _operators(data, "firstLevelOrOperators"), [_operators(group, "orOperators") for group in groups]

    def of(self, segment_id: int) -> Targeting:
        """Whom the segment is for.

        >>> SegmentWords({"segments": [{"id": 5}]}).of(5).is_everybody  # it asks nothing
        True
        """
        self._left = _MOST_CONDITIONS
        return self._of(segment_id, ())

    def _of(self, segment_id: int, outer: tuple[int, ...]) -> Targeting:
        segment = self._segments.get(segment_id, {})
        if not _is_readable(segment):
            return Targeting(f"who are in segment {segment_id}, whose conditions cannot be read; so nobody")
        groups = self.conditions_of(segment_id) or []
        between, inside = self.operators_of(segment_id)
        within = (*outer, segment_id)

        def group(conditions: list[dict[str, Any]], operators: list[Any]) -> Targeting:
            return _joined(conditions, operators, lambda condition: self._condition(condition, within))

        return _joined([*zip(groups, inside)], between, lambda pair: group(*pair))

    def _condition(self, condition: dict[str, Any], outer: tuple[int, ...]) -> Targeting:
        self._left -= 1
        if self._left < 0:
            return Targeting("…" if self._left == -1 else "of more conditions")
        phrase = self.conditions.phrase(condition)
        inner = identifier(condition.get("segmentId"))
        if condition.get("targetingType") != "SEGMENT" or inner is None:
            return Targeting(phrase)
        outcome = "everybody" if condition.get("isInclude") is False else "nobody"
        if inner in outer:
            return Targeting(f"{phrase}, which leads back to itself; so {outcome}")
        if inner not in self._segments:
            return Targeting(f"{phrase}, which the data file does not have; so {outcome}")
        if len(outer) >= _DEEPEST:
            return Targeting(phrase)
        targeting = self._of(inner, outer)
        if targeting.is_everybody:
            return Targeting(f"{phrase}, which asks nothing")
        parts = targeting.parts or (targeting,)
        return Targeting(parts=parts, is_any=targeting.is_any, named=phrase)


def _is_readable(segment: dict[str, Any]) -> bool:
    """Whether a segment's conditions have the shape that they must have. One without is for nobody."""
    data = mapping(segment.get("conditionsData"))
    groups = data.get("firstLevel")
    levels = [(groups, data.get("firstLevelOrOperators"))]
    if isinstance(groups, list):
        levels += [(mapping(group).get("conditions"), mapping(group).get("orOperators")) for group in groups]
    return all(_is_list_of(dict, items) and _is_list_of(bool, operators) for items, operators in levels)


def _is_list_of(kind: type, items: Any) -> bool:
    return items is None or (isinstance(items, list) and all(isinstance(item, kind) for item in items))


def _operators(fields: dict[str, Any], name: str) -> list[Any]:
    operators = fields.get(name)
    return operators if isinstance(operators, list) else []


def _joined(items: list[T], operators: list[Any], say: Callable[[T], Targeting]) -> Targeting:
    """What is asked by items with operators between them: "and" binds two items, and no more."""
    operands: list[Targeting] = []
    joints: list[Any] = []
    position = 0
    while position < len(items):
        operand = say(items[position])
        if position + 1 < len(items) and position < len(operators) and operators[position] is False:
            operand = _both(operand, say(items[position + 1]))
            position += 1
        operands.append(operand)
        joints.append(operators[position] if position < len(operators) else None)
        position += 1
    whole = operands.pop() if operands else EVERYBODY
    for operand, joint in zip(reversed(operands), reversed(joints[:-1])):
        if joint is True:
            whole = _either(operand, whole)
        elif joint is False:
            whole = _both(operand, whole)
        # Without an operator what stands on the left does not count.
    return whole


def _both(left: Targeting, right: Targeting) -> Targeting:
    if left.is_everybody or right.is_everybody:
        return right if left.is_everybody else left
    return Targeting(parts=(*_flat(left, is_any=False), *_flat(right, is_any=False)))


def _either(left: Targeting, right: Targeting) -> Targeting:
    if left.is_everybody or right.is_everybody:
        return EVERYBODY
    return Targeting(parts=(*_flat(left, is_any=True), *_flat(right, is_any=True)), is_any=True)


def _flat(targeting: Targeting, *, is_any: bool) -> tuple[Targeting, ...]:
    """The parts, if they are joined in the same way: "(a and b) and c" is "a, b and c"."""
    is_alike = targeting.parts and targeting.is_any == is_any and not targeting.named
    return targeting.parts if is_alike else (targeting,)
