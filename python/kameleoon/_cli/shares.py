"""The share of each variation beside the configured one, with a test for a sample ratio mismatch, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kameleoon._cli.data_file import identified, listed
from kameleoon._cli.text import aligned
from kameleoon._sample_ratio import MISMATCH, tested
from kameleoon.batch.assignment import AssignmentCounts, Outcome

__all__ = ["MISMATCH", "Group", "Line", "groups", "mismatches", "table", "unusable"]

_TARGETED = "targeted"


@dataclass(frozen=True)
class Line:
    """A variation, and who got it."""

    variation: str
    visitors: int
    of_all: float
    """Their share of all visitors."""
    share: float
    """Their share of the group."""
    configured: float | None
    """What the share is meant to be; ``None`` where nothing is configured."""


@dataclass
class Group:
    """The visitors of a flag that the same rule decided, or that got the default for the same reason."""

    flag: str
    decided_by: str
    lines: list[Line] = field(default_factory=list)
    p_value: float | None = None
    """Of the test against the configured shares; ``None`` where there is none."""
    remark: str = ""
    """The result of the test, or why there is none."""

    @property
    def is_mismatch(self) -> bool:
        """Whether the split is not the configured one."""
        return self.p_value is not None and self.p_value < MISMATCH


def groups(outcomes: Iterable[Outcome], data_file: dict[str, Any]) -> Iterator[Group]:
    """Flag by flag, in the order of the outcomes: each rule that decided, in order, and each reason for a default."""
    flags = identified(data_file, "featureFlags", "featureKey")
    by_flag: dict[str, dict[tuple[str, int | None], Counter[str]]] = {}
    for outcome in outcomes:
        key = (outcome.reason, outcome.rule_id if outcome.reason == _TARGETED else None)
        counted = by_flag.setdefault(outcome.flag, {}).setdefault(key, Counter())
        counted[outcome.variation or "(none)"] += outcome.rows
    for flag, found in by_flag.items():
        total = sum(sum(group.values()) for group in found.values())
        rules = identified(flags.get(flag, {}), "rules", "id")
        order = {identifier: position for position, identifier in enumerate(rules)}
        for reason, rule_id in sorted(found, key=lambda key: (key[0] != _TARGETED, order.get(key[1], 0), key[0])):
            group, counted = Group(flag, reason), found[reason, rule_id]
            configured = None
            if reason == _TARGETED:
                rule = rules.get(rule_id, {})
                configured = _configured(rule, flags[flag]) if _is_experiment(rule) else None
                group.decided_by = f"rule {rule_id} ({'delivery' if configured is None else 'experiment'})"
            for variation in [*(configured or ()), *sorted(counted.keys() - (configured or {}).keys())]:
                visitors = counted[variation]
                share = configured.get(variation) if configured is not None else None
                line = Line(variation, visitors, visitors / total, visitors / sum(counted.values()), share)
                group.lines.append(line)
            _test(group, flags.get(flag, {}))
            yield group


def _is_experiment(rule: dict[str, Any]) -> bool:
    return bool(rule) and rule.get("type") != "TARGETED_DELIVERY"


def _configured(rule: dict[str, Any], flag: dict[str, Any]) -> dict[str, float]:
    """The shares of an experiment's variations among those to whom it gives one: what is configured may add up to less
    than 1, and the part of it that is above 1 is nobody's.
    """
    known = {variation.get("key") for variation in listed(flag, "variations")}
    shares: dict[str, float] = {}
    end = 0.0
    for exposure in listed(rule, "variationByExposition"):
        key, wanted = exposure.get("variationKey", ""), exposure.get("exposition", 0.0)
        begin, end = end, end + (wanted if isinstance(wanted, (int, float)) else 0.0)
        share = max(0.0, min(end, 1.0) - min(begin, 1.0))
        shown = key if key in known and key else "(none)"  # as the engine answers with an empty key
        shares[shown] = shares.get(shown, 0.0) + share
    whole = sum(shares.values())
    return {key: share / whole for key, share in shares.items()} if whole else {}


def _test(group: Group, flag: dict[str, Any]) -> None:
    expected = [(line.visitors, line.configured) for line in group.lines if line.configured]
    if len(expected) < 2:
        return
    counts, shares = [count for count, _ in expected], [share for _, share in expected]
    group.p_value, why_not = tested(counts, shares, is_by_visitor=not flag.get("bucketingCustomDataId"))
    if group.p_value is None:
        group.remark = f"no test: {why_not}"
    else:
        shown = f"p = {group.p_value:.2g}" if group.p_value > 1e-300 else "p < 1e-300"
        group.remark = f"{shown}  SAMPLE RATIO MISMATCH" if group.is_mismatch else shown


def table(found: Iterable[Group]) -> str:
    """The groups as a table."""
    rows = [("feature flag", "decided by", "variation", "visitors", "of all", "share", "configured", "")]
    flag = None
    for group in found:
        for position, line in enumerate(group.lines):
            first = position == 0
            rows.append(
                (
                    group.flag if first and group.flag != flag else "",
                    group.decided_by if first else "",
                    line.variation,
                    f"{line.visitors:,}",
                    _percent(line.of_all),
                    "" if line.configured is None else _percent(line.share),
                    "" if line.configured is None else _percent(line.configured),
                    group.remark if position == len(group.lines) - 1 else "",
                )
            )
        flag = group.flag
    return "\n".join(aligned(rows, "<<<>>>><"))


def mismatches(found: Iterable[Group]) -> Iterator[str]:
    """A sentence for each split that is not the configured one."""
    for group in found:
        if group.is_mismatch:
            rule = group.decided_by.partition(" (")[0]
            yield (
                f"sample ratio mismatch: feature flag {group.flag!r}, {rule}: the visitors are not split as "
                f"configured, which by chance has a probability of {group.p_value:.1g}. "
                "hint: were rows left out, or do visitors come several times?"
            )


def unusable(counts: AssignmentCounts) -> str:
    """A sentence on visitor codes that cannot be used; empty if there are none."""
    parts = [
        f"{count:,} {kind}"
        for count, kind in (
            (counts.null_codes, "null"),
            (counts.empty_codes, "empty"),
            (counts.too_long_codes, "longer than 255 characters"),
        )
        if count
    ]
    return f"rows without a usable visitor code, whose variations are null: {', '.join(parts)}" if parts else ""


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
