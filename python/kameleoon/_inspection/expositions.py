"""Expositions that do not add up, or are no shares."""

from __future__ import annotations

from collections.abc import Iterator

from kameleoon._inspection.mistake import Mistake
from kameleoon._inspection.parts import Parts, Rule, Share, shares_of
from kameleoon.testing.data_file_reading import mapping

__all__ = ["expositions"]

_NEAR = 1e-6
"""Shares that come from percentages add up to 1 but for rounding."""


def expositions(parts: Parts) -> Iterator[Mistake]:
    """Of rules, of their variations, and of the holdout."""
    for flag in parts.flags:
        for rule in flag.rules:
            yield from _of_rule(rule)
    holdout = mapping(parts.json.get("holdout"))
    if holdout:
        yield from _of_shares(
            "holdout", shares_of(holdout), "those beyond are not held out, and no variation is noted for them"
        )


def _of_rule(rule: Rule) -> Iterator[Mistake]:
    if not 0 <= rule.exposition <= 1:
        text = f"the exposition is {_percent(rule.exposition)}: it is from 0 % to 100 %"
        yield Mistake("exposition", rule.where, text)
    if not rule.is_delivery:
        yield from _of_shares(rule.where, rule.shares, "those beyond get none of them")
        if rule.json.get("type") != "EXPERIMENTATION":
            kind = rule.json.get("type")
            text = "the rule has no type: it is asked as an experiment"
            text = text if kind is None else f'the type "{kind}" is unknown: the rule is asked as an experiment'
            yield Mistake("exposition", rule.where, text)
    elif len(rule.shares) > 1:
        text = f'a delivery gives its first variation, "{rule.shares[0].key}", to all; it has {len(rule.shares)}'
        yield Mistake("exposition", rule.where, text)
    elif not rule.shares:
        yield Mistake("exposition", rule.where, "the delivery has no variation: it gives the default")


def _of_shares(where: str, shares: list[Share], of_the_rest: str) -> Iterator[Mistake]:
    for share in shares:
        if share.exposition < 0:
            yield Mistake("exposition", where, f'the exposition of "{share.key}" is {_percent(share.exposition)}')
    whole = sum(share.exposition for share in shares)
    if not shares:
        yield Mistake("exposition", where, "there are no variations")
    elif whole < 1 - _NEAR:
        yield Mistake("exposition", where, f"the variations add up to {_percent(whole)}: {of_the_rest}")
    elif whole > 1 + _NEAR:
        text = f"the variations add up to {_percent(whole)}: the last ones get less than they should"
        yield Mistake("exposition", where, text)


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"
