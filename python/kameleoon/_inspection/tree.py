"""A segment's conditions as a tree, and its value where the conditions' values are known in part.

The operators are those of docs/targeting.md#segments: AND binds two items, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Optional, TypeVar

from kameleoon._inspection.atoms import Atom, atom_of
from kameleoon._inspection.parts import is_for_nobody
from kameleoon.testing.data_file_reading import identifier, mapping, mappings

__all__ = ["Expression", "Leaf", "Tree", "Truth", "leaves", "tree_of", "value_of"]

T = TypeVar("T")
Truth = Optional[bool]
"""``None``: it depends on the visitor."""


@dataclass(frozen=True)
class Leaf:
    """A condition: on the segment ``segment_id``, or else an ``atom``."""

    atom: Atom
    segment_id: int | None
    is_included: bool


@dataclass(frozen=True)
class Expression(Generic[T]):
    """Items, and the operators between them: ``True`` is OR."""

    items: Sequence[T]
    operators: Sequence[bool]


Tree = Expression[Expression[Leaf]]


def tree_of(number: int, segment: dict[str, Any], flag_ids: set[int | None]) -> Tree | None:
    """The tree of a segment; ``None`` for one whose shape the engine cannot read, which is for nobody."""
    if is_for_nobody(segment):
        return None
    data = mapping(segment.get("conditionsData"))
    groups = []
    for position, group in enumerate(mappings(data.get("firstLevel"))):
        conditions = [
            _leaf(condition, f"{number}/{position}/{place}", flag_ids)
            for place, condition in enumerate(mappings(group.get("conditions")))
        ]
        groups.append(Expression(conditions, group.get("orOperators") or []))
    return Expression(groups, data.get("firstLevelOrOperators") or [])


def leaves(tree: Tree | None) -> Iterator[Leaf]:
    """All conditions."""
    for group in tree.items if tree is not None else ():
        yield from group.items


def value_of(expression: Expression[T], value: Callable[[T], Truth]) -> Truth:
    """The value of an expression, if those of its items decide it.

    >>> value_of(Expression([True, None], [True]), lambda item: item)
    True
    """
    items, operators = expression.items, expression.operators
    operands: list[Truth] = []
    joints: list[bool | None] = []
    position = 0
    while position < len(items):
        operand = value(items[position])
        if position + 1 < len(items) and position < len(operators) and operators[position] is False:
            operand = _both(operand, value(items[position + 1]))
            position += 1
        operands.append(operand)
        joints.append(operators[position] if position < len(operators) else None)
        position += 1
    whole = operands.pop() if operands else True
    for operand, joint in zip(reversed(operands), reversed(joints[:-1])):
        if joint is not None:  # without an operator what stands on the left does not count
            whole = _either(operand, whole) if joint else _both(operand, whole)
    return whole


def _leaf(condition: dict[str, Any], place: str, flag_ids: set[int | None]) -> Leaf:
    is_included = condition.get("isInclude") is not False
    segment_id = identifier(condition.get("segmentId")) if condition.get("targetingType") == "SEGMENT" else None
    if segment_id is not None:
        return Leaf(Atom(f"segment {segment_id}"), segment_id, is_included)
    return Leaf(atom_of(condition, place, flag_ids), None, is_included)


def _both(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _either(left: Truth, right: Truth) -> Truth:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False
