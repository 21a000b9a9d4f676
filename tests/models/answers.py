"""What a client answers, worked out anew from a data file and what is known of a visitor: docs/evaluation.md and
docs/bucketing.md in plain Python, for data files of ``worlds``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.models.worlds import BUCKETING_INDEX, HOLDOUT, INDEX

__all__ = ["Answer", "Known", "answer"]


@dataclass
class Known:
    """What an answer depends on that a visitor has."""

    custom_data: dict[int, tuple[str, ...]] = field(default_factory=dict)
    pages: int = 0
    has_converted: bool = False
    assigned: dict[int, int] = field(default_factory=dict)
    """Variations by experiment."""
    mapping_identifier: str | None = None


@dataclass(frozen=True)
class Answer:
    """``key`` is ``None`` where the flag is disabled. ``held``: what the holdout gives, which no answer shows."""

    key: str | None
    variation: int | None = None
    experiment: int | None = None
    held: int | None = field(default=None, compare=False)


def _bucket(code: str, container: object, respool: int | None = None) -> float:
    return int.from_bytes(sha256(f"{code}{container}{respool or ''}".encode()).digest(), "big") / 2**256


def _choose(shares: list[dict[str, Any]], bucket: float) -> dict[str, Any] | None:
    total = 0.0
    for share in shares:
        total += share["exposition"]
        if total >= bucket:
            return share
    return None


def answer(file: dict[str, Any], key: str, code: str, known: Known | None, *, saves: bool = True) -> Answer:
    """The answer for one flag; ``known`` is ``None`` where nothing is known of the visitor."""
    flag = next(flag for flag in file["featureFlags"] if flag["featureKey"] == key)
    if not flag["environmentEnabled"]:
        return Answer(None)
    hashed = _hashed(flag, code, known)
    held = None
    if "holdout" in file:
        share = _choose(file["holdout"]["variationByExposition"], _bucket(hashed, HOLDOUT))
        held = share["variationId"] if share is not None and saves else None
        if share is not None and share["variationKey"] == "in-holdout":
            return Answer(flag["defaultVariationKey"], held=held)
    if not _is_chosen(file, flag, hashed):
        return Answer(flag["defaultVariationKey"], held=held)
    for rule in flag["rules"]:
        if not _is_targeted(file, rule, code, known):
            continue
        delivers, respool = rule["type"] == "TARGETED_DELIVERY", rule.get("respoolTime")
        if _bucket(hashed, rule["id"], respool) > rule["exposition"]:
            if delivers:
                break
            continue
        shares = rule["variationByExposition"]
        chosen = shares[0] if delivers else _choose(shares, _bucket(hashed, rule["experimentId"], respool))
        if chosen is not None:
            return Answer(chosen["variationKey"], chosen["variationId"], rule["experimentId"], held)
    return Answer(flag["defaultVariationKey"], held=held)


def _hashed(flag: dict[str, Any], code: str, known: Known | None) -> str:
    if known is None:
        return code
    if flag.get("bucketingCustomDataId") and known.custom_data.get(BUCKETING_INDEX):
        return known.custom_data[BUCKETING_INDEX][0]
    return known.mapping_identifier or code


def _is_chosen(file: dict[str, Any], flag: dict[str, Any], hashed: str) -> bool:
    group = flag.get("mutuallyExclusiveGroup")
    if group is None:
        return True
    flags = [other for other in file["featureFlags"] if other.get("mutuallyExclusiveGroup") == group]
    flags.sort(key=lambda other: int(other["id"]))
    return flags[min(int(_bucket(hashed, group) * len(flags)), len(flags) - 1)] is flag


def _is_targeted(file: dict[str, Any], rule: dict[str, Any], code: str, known: Known | None) -> bool:
    if rule.get("segmentId") is None:
        return True
    found = next(segment for segment in file["segments"] if segment["id"] == rule["segmentId"])
    group = found["conditionsData"]["firstLevel"][0]
    held = [_holds(condition, code, known) is condition["isInclude"] for condition in group["conditions"]]
    return any(held) if group["orOperators"] == [True] else all(held)


def _holds(condition: dict[str, Any], code: str, known: Known | None) -> bool:
    kind = condition["targetingType"]
    if kind == "VISITOR_CODE":
        return bool(condition["visitorCode"] == code)
    if known is None:
        return False
    if kind == "CUSTOM_DATUM":
        return condition["value"] in known.custom_data.get(INDEX, ())
    if kind == "CONVERSIONS":
        return known.has_converted
    if kind == "TARGET_EXPERIMENT":
        return condition["experimentId"] in known.assigned
    assert kind == "PAGE_VIEWS", kind
    return known.pages > condition["pageCount"]
