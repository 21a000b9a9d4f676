"""Data files that the machine swaps: small ones, in which each part of an answer may change from one to the next."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.data_files import data_file, flag, rule, segment

__all__ = ["BUCKETING_INDEX", "FLAGS", "HOLDOUT", "INDEX", "MAPPING_INDEX", "worlds"]

FLAGS = ["experiment", "delivery", "sibling"]
INDEX, BUCKETING_INDEX, MAPPING_INDEX = 1, 2, 9
HOLDOUT = 900
_CODES = ["alice", "bob", "user-1"]

_shares = st.sampled_from([(0.5, 0.5), (0.2, 0.3), (0.0, 1.0), (1.0, 0.0)])
_expositions = st.sampled_from([1.0, 1.0, 0.5, 0.0])
_respools = st.sampled_from([None, 1_700_000_000])


@st.composite
def _experiments(draw: st.DrawFn, identifier: int, segment_id: int | None) -> dict[str, Any]:
    off, on = draw(_shares)
    return {
        "id": identifier,
        "type": "EXPERIMENTATION",
        "exposition": draw(_expositions),
        "experimentId": identifier + 1,
        "respoolTime": draw(_respools),
        "segmentId": segment_id,
        "variationByExposition": [
            {"variationKey": "off", "variationId": identifier + 2, "exposition": off},
            {"variationKey": "on", "variationId": identifier + 3, "exposition": on},
        ],
    }


_conditions = st.one_of(
    st.sampled_from(["a", "b"]).map(
        lambda value: {
            "targetingType": "CUSTOM_DATUM",
            "customDataIndex": str(INDEX),
            "valueMatchType": "EXACT",
            "value": value,
        }
    ),
    st.just({"targetingType": "CONVERSIONS", "goalId": -1}),
    st.sampled_from([11, 21, 31]).map(
        lambda experiment: {
            "targetingType": "TARGET_EXPERIMENT",
            "experimentId": experiment,
            "variationMatchType": "ANY",
        }
    ),
    st.sampled_from(_CODES).map(
        lambda code: {"targetingType": "VISITOR_CODE", "visitorCode": code, "matchType": "EXACT"}
    ),
    st.just({"targetingType": "PAGE_VIEWS", "pageCount": 1, "matchType": "GREATER"}),
)


@st.composite
def _segments(draw: st.DrawFn, identifier: int) -> dict[str, Any]:
    conditions = [
        {**condition, "isInclude": draw(st.booleans())}
        for condition in draw(st.lists(_conditions, min_size=1, max_size=2))
    ]
    made = segment(identifier, *conditions)
    made["conditionsData"]["firstLevel"][0]["orOperators"] = [draw(st.booleans()) for _ in conditions[1:]]
    return made


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Data files of three flags, two of them in a group maybe, with a holdout, segments and a mapping identifier maybe."""
    group = draw(st.sampled_from([{}, {"mutuallyExclusiveGroup": "group"}]))
    bucketing = draw(st.sampled_from([{}, {"bucketingCustomDataId": 102}]))
    targeted = draw(st.sampled_from([None, 1]))
    delivery = rule(20, exposition=draw(_expositions), segmentId=2, respoolTime=draw(_respools))
    flags = [
        flag("experiment", 1, [draw(_experiments(10, targeted))], **group, **bucketing),
        flag("delivery", 2, [delivery, draw(_experiments(30, None))]),
        flag("sibling", 3, [draw(_experiments(40, None))], **group, environmentEnabled=draw(st.booleans())),
    ]
    made = data_file(
        *flags,
        segments=[draw(_segments(1)), draw(_segments(2))],
        customData=[
            {"index": INDEX, "id": 101, "name": "plan"},
            {"index": BUCKETING_INDEX, "id": 102, "name": "bucketing"},
            {
                "index": MAPPING_INDEX,
                "id": 109,
                "name": "user",
                "isMappingIdentifier": draw(st.sampled_from([True, True, False])),
            },
        ],
        configuration={"realTimeUpdate": True},
    )
    if draw(st.integers(0, 3)) == 0:
        made["holdout"] = {
            "experimentId": HOLDOUT,
            "variationByExposition": [
                {"variationKey": "in-holdout", "variationId": 901, "exposition": 0.3},
                {"variationKey": "not-in-holdout", "variationId": 902, "exposition": 0.7},
            ],
        }
    return made
