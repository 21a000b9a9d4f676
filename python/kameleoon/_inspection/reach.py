"""What nobody can get: rules that are never asked or expose nobody, and flags that give everybody their default."""

from __future__ import annotations

from collections.abc import Iterator

from kameleoon._inspection.mistake import Mistake
from kameleoon._inspection.parts import Flag, Parts, Rule, shares_of
from kameleoon._inspection.truth import Truths
from kameleoon.testing.data_file_reading import mapping

__all__ = ["unreachable"]


def unreachable(parts: Parts, truths: Truths) -> Iterator[Mistake]:
    """Of enabled flags; one that is disabled, or has no rules, is meant to be so. Forced and simulated variations
    are left aside.
    """
    holdout = shares_of(mapping(parts.json.get("holdout")))
    if holdout and holdout[0].key == "in-holdout" and holdout[0].exposition >= 1:
        yield Mistake("nobody", "holdout", "it holds everybody out: every flag gives its default")
    for flag in parts.flags:
        if flag.json.get("environmentEnabled") is True and flag.rules:
            yield from _of_flag(flag, truths)


def _of_flag(flag: Flag, truths: Truths) -> Iterator[Mistake]:
    given: set[str] = set()
    last: Rule | None = None
    for rule in flag.rules:
        if last is not None:
            yield Mistake("nobody", rule.where, f"it is never asked: rule {last.json.get('id')} decides for everybody")
            continue
        truth = truths.of(rule.segment_id)
        if truth is not False:
            given |= _given(rule)
        if truth is True and _decides(rule):
            last = rule
    if given <= {flag.default}:
        yield Mistake("nobody", flag.where, f'nobody gets anything but the default variation, "{flag.default}"')


def _given(rule: Rule) -> set[str]:
    """The keys of the variations that it gives to anybody."""
    if rule.exposition <= 0:
        return set()
    if rule.is_delivery:
        return {share.key for share in rule.shares[:1]}
    return {share.key for share in rule.shares if share.exposition > 0}


def _decides(rule: Rule) -> bool:
    """Whether no rule is asked after it, for whom it targets."""
    if rule.is_delivery:
        return True  # beyond its exposition is the default
    whole = 0.0
    for share in rule.shares:
        whole += share.exposition  # as the engine adds them up
        if whole >= 1:
            return rule.exposition >= 1
    return False
