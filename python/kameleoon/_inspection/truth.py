"""Whether a segment is true for everybody, or for nobody, whatever is known of a visitor (docs/targeting.md#segments).

A condition is taken for something that may be true or false, unless it is certain what it is. Where the same condition
stands in a segment more than once, or two that exclude each other, every combination is tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from kameleoon._inspection.atoms import Atom, exclude_each_other
from kameleoon._inspection.mistake import Mistake
from kameleoon._inspection.parts import Parts
from kameleoon._inspection.tree import Leaf, Truth, leaves, tree_of, value_of
from kameleoon.testing.data_file_reading import identifier, mappings

__all__ = ["Truths", "constant_segments"]

_MOST_ATOMS = 12
"""So many conditions are combined; where there are more, only what is certain without that is told."""
_MOST_LEAVES = 100
"""The same for the conditions of a segment and of all that it refers to."""
_DEEPEST = 50
Assumed = Callable[[Atom], Truth]


def constant_segments(parts: Parts, truths: Truths) -> Iterator[Mistake]:
    """A mistake for each segment that is always true or always false."""
    users: dict[int | None, list[str]] = {}
    for flag in parts.flags:
        for rule in flag.rules:
            users.setdefault(rule.segment_id, []).append(rule.where)
    for number in truths.ids:
        truth = truths.of(number)
        if truth is None:
            continue
        used = f"; it is that of {', '.join(users[number])}" if number in users else ""
        outcome = "always true: it is for everybody" if truth else "always false: it is for nobody"
        yield Mistake("segment", f"segment {number}", outcome + used)


class Truths:
    """The truth of each segment of a data file, as far as it is certain."""

    def __init__(self, parts: Parts) -> None:
        ids = {identifier(flag.get("id")) for flag in mappings(parts.json.get("featureFlags"))}
        self._trees = {number: tree_of(number, segment, ids) for number, segment in parts.segments.items()}
        self._reached = {number: self._reach(number) for number in self._trees}

    @property
    def ids(self) -> list[int]:
        """The ids of the segments."""
        return list(self._trees)

    def of(self, segment_id: int | None) -> Truth:
        """Of a rule's segment: one that there is not is true, as the engine takes it."""
        if segment_id is None or segment_id not in self._trees:
            return True
        certain = self._evaluate(segment_id, lambda atom: atom.truth, {})
        if certain is not None:
            return certain
        found = list(itertools.islice(self._atoms(segment_id), _MOST_LEAVES + 1))
        uncertain = [atom for atom in found if atom.truth is None]
        atoms = list(dict.fromkeys(uncertain))
        are_free = len(atoms) == len(uncertain) and not _any_exclude(atoms)
        if are_free or len(atoms) > _MOST_ATOMS or len(found) > _MOST_LEAVES:
            return None
        return self._tried(segment_id, atoms)

    def _tried(self, segment_id: int, atoms: list[Atom]) -> Truth:
        """The truth under every combination that can be."""
        found: set[Truth] = set()
        for values in itertools.product((False, True), repeat=len(atoms)):
            assumed = dict(zip(atoms, values))
            if not _any_exclude([atom for atom, value in assumed.items() if value]):
                found.add(self._evaluate(segment_id, _lookup(assumed), {}))
            if len(found) > 1 or None in found:
                return None
        return found.pop()

    def _evaluate(self, segment_id: int, assumed: Assumed, known: dict[int, Truth]) -> Truth:
        if segment_id not in known:
            tree = self._trees[segment_id]
            known[segment_id] = tree is not None and value_of(
                tree,
                lambda group: value_of(group, lambda leaf: self._leaf(segment_id, leaf, assumed, known)),
            )
        return known[segment_id]

    def _leaf(self, segment_id: int, leaf: Leaf, assumed: Assumed, known: dict[int, Truth]) -> Truth:
        if leaf.segment_id is None:
            truth = assumed(leaf.atom)
        elif not self._leads_on(segment_id, leaf):
            truth = False
        elif len(self._reached[leaf.segment_id]) > _DEEPEST:
            truth = None  # maybe too deep for the engine
        else:
            truth = self._evaluate(leaf.segment_id, assumed, known)
        return truth if truth is None else truth == leaf.is_included

    def _leads_on(self, segment_id: int, leaf: Leaf) -> bool:
        """Whether the segment that a condition is on is there, and does not lead back to where the condition stands."""
        return leaf.segment_id in self._trees and segment_id not in {leaf.segment_id, *self._reached[leaf.segment_id]}

    def _atoms(self, segment_id: int) -> Iterator[Atom]:
        """Of the segment and of those that it refers to, each as often as it counts."""
        for leaf in leaves(self._trees[segment_id]):
            if leaf.segment_id is None:
                yield leaf.atom
            elif self._leads_on(segment_id, leaf):
                yield from self._atoms(leaf.segment_id)

    def _reach(self, segment_id: int) -> set[int]:
        """The segments that this one leads to."""
        found: set[int] = set()
        waiting = [segment_id]
        while waiting:
            for leaf in leaves(self._trees.get(waiting.pop())):
                if leaf.segment_id is not None and leaf.segment_id not in found:
                    found.add(leaf.segment_id)
                    waiting.append(leaf.segment_id)
        return found


def _any_exclude(atoms: list[Atom]) -> bool:
    return any(exclude_each_other(*pair) for pair in itertools.combinations(atoms, 2))


def _lookup(assumed: dict[Atom, bool]) -> Assumed:
    return lambda atom: assumed.get(atom, atom.truth)
