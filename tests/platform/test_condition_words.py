"""Every kind of condition in words, as it is and negated."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kameleoon.testing.condition_words import ConditionWords
from tests.docs.pages import ROOT

DATA_FILE = {
    "customData": [{"index": "1", "name": "plan"}, {"index": 2}, {"name": "none"}, "broken"],
    "featureFlags": [{"id": 7, "featureKey": "checkout"}, {"featureKey": "without an id"}, None],
}
WORDS = ConditionWords(DATA_FILE)


def datum(operator: str, value: Any = "gold", index: Any = "1") -> dict[str, Any]:
    return {"targetingType": "CUSTOM_DATUM", "customDataIndex": index, "valueMatchType": operator, "value": value}


def of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"targetingType": kind, **fields}


TABLE: list[tuple[dict[str, Any], str, str]] = [
    (datum("EXACT"), "whose custom datum 'plan' is 'gold'", "whose custom datum 'plan' is not 'gold'"),
    (datum("CONTAINS"), "whose custom datum 'plan' contains 'gold'", "whose custom datum 'plan' does not contain 'gold'"),
    (datum("REGULAR_EXPRESSION", "g.*"), "whose custom datum 'plan' matches the pattern 'g.*'", "whose custom datum 'plan' does not match the pattern 'g.*'"),
    (datum("EQUAL", "5"), "whose custom datum 'plan' is 5", "whose custom datum 'plan' is not 5"),
    (datum("GREATER", 17.0, 2), "whose custom datum 2 is greater than 17", "whose custom datum 2 is not greater than 17"),
    (datum("LOWER", "1e3"), "whose custom datum 'plan' is lower than 1e3", "whose custom datum 'plan' is not lower than 1e3"),
    (datum("TRUE", None), "whose custom datum 'plan' is 'true'", "whose custom datum 'plan' is not 'true'"),
    (datum("FALSE", None), "whose custom datum 'plan' is 'false'", "whose custom datum 'plan' is not 'false'"),
    (datum("AMONG_VALUES", '["a", 2]'), "whose custom datum 'plan' is one of 'a', '2'", "whose custom datum 'plan' is none of 'a', '2'"),
    (datum("UNDEFINED", None), "who have no custom datum 'plan'", "who have a custom datum 'plan', or of whom nothing is known"),
    (of("VISITOR_CODE", visitorCode="alice", matchType="EXACT"), "whose visitor code is 'alice'", "whose visitor code is not 'alice'"),
    (of("PAGE_URL", url="/cart", matchType="CONTAINS"), "whose page's address contains '/cart'", "whose page's address does not contain '/cart'"),
    (of("PAGE_TITLE", title="Cart", matchType="EXACT"), "whose page's title is 'Cart'", "whose page's title is not 'Cart'"),
    (of("PREVIOUS_PAGE", url="/", matchType="EXACT"), "whose previous page's address is '/'", "whose previous page's address is not '/'"),
    (of("PAGE_VIEWS", pageCount=3, matchType="GREATER"), "who have viewed more than 3 pages", "who have not viewed more than 3 pages"),
    (of("PAGE_VIEWS", pageCount=1, matchType="EQUAL"), "who have viewed exactly 1 page", "who have not viewed exactly 1 page"),
    (of("DEVICE_TYPE", device="PHONE"), "whose device is a phone", "whose device is not a phone"),
    (of("DEVICE_TYPE", device="TOASTER"), "whose device is 'TOASTER'", "whose device is not 'TOASTER'"),
    (of("OPERATING_SYSTEM", os="MAC"), "whose operating system is macOS", "whose operating system is not macOS"),
    (of("BROWSER", browser="IE"), "whose browser is Internet Explorer", "whose browser is not Internet Explorer"),
    (of("BROWSER", browser="CHROME", version="120", versionMatchType="GREATER"), "whose browser is Chrome (version above 120)", "whose browser is not Chrome (version above 120)"),
    (of("APPLICATION_VERSION", version="3.4", versionMatchType="EQUAL"), "whose application's version is exactly 3.4", "whose application's version is not exactly 3.4"),
    (of("SDK_LANGUAGE", sdkLanguage="PYTHON"), "who are served by the PYTHON SDK", "who are not served by the PYTHON SDK"),
    (of("SDK_LANGUAGE", sdkLanguage="PYTHON", version="3", versionMatchType="LOWER"), "who are served by the PYTHON SDK (version below 3)", "who are not served by the PYTHON SDK (version below 3)"),
    (of("COOKIE", name="theme", nameMatchType="EXACT", value="dark", valueMatchType="CONTAINS"), "who have a cookie whose name is 'theme' and whose value contains 'dark'", "who have no cookie whose name is 'theme' and whose value contains 'dark'"),
    (of("GEOLOCATION", country="France"), "who are in France", "who are not in France"),
    (of("GEOLOCATION", country="France", region="Bretagne", city="Brest"), "who are in Brest, Bretagne, France", "who are not in Brest, Bretagne, France"),
    (of("CONVERSIONS", goalId=5), "who have converted for goal 5 in their latest 25 visits", "who have not converted for goal 5 in their latest 25 visits"),
    (of("CONVERSIONS", goalId=-1, visitScope="CURRENT_VISIT"), "who have converted for any goal in this visit", "who have not converted for any goal in this visit"),
    (of("TARGET_FEATURE_FLAG", featureFlagId=7), "who were given any variation of feature flag 'checkout' in this visit", "who were not given any variation of feature flag 'checkout' in this visit"),
    (of("TARGET_FEATURE_FLAG", featureFlagId=8, variationKey="on", ruleId=10, visitScope="VISITOR", visitCount=3), "who were given variation 'on' of feature flag 8 by rule 10 in their latest 3 visits", "who were not given variation 'on' of feature flag 8 by rule 10 in their latest 3 visits"),
    (of("TARGET_EXPERIMENT", experimentId=11, variationMatchType="ANY"), "who were given any variation of experiment 11 in this visit", "who were not given any variation of experiment 11 in this visit"),
    (of("TARGET_EXPERIMENT", experimentId=11, variationMatchType="EXACT", variationId=13), "who were given variation 13 of experiment 11 in this visit", "who were not given variation 13 of experiment 11 in this visit"),
    (of("TARGET_PERSONALIZATION", personalizationId=4), "who got personalization 4 in this visit", "who did not get personalization 4 in this visit"),
    (of("EXCLUSIVE_EXPERIMENT", campaignType="EXPERIMENT"), "who have been in no other experiment in their latest 25 visits", "who have been in some other experiment in their latest 25 visits"),
    (of("EXCLUSIVE_EXPERIMENT", campaignType="PERSONALIZATION", visitCount=1), "who have been in no personalization in this visit", "who have been in some personalization in this visit"),
    (of("EXCLUSIVE_EXPERIMENT", campaignType="ANY"), "who have been in no other experiment and no personalization in their latest 25 visits", "who have been in some other experiment or a personalization in their latest 25 visits"),
    (of("EXCLUSIVE_FEATURE_FLAG"), "who have been given no variation but this experiment's", "who have been given another experiment's variation"),
    (of("FIRST_VISIT", countInMillis=86_400_000, matchType="GREATER"), "whose first visit began more than 1 day ago", "whose first visit did not begin more than 1 day ago"),
    (of("LAST_VISIT", countInMillis=5_400_000, matchType="LOWER"), "whose previous visit began less than 90 minutes ago", "whose previous visit did not begin less than 90 minutes ago"),
    (of("VISITS", visitCount=2, matchType="LOWER"), "who have made fewer than 2 visits", "who have not made fewer than 2 visits"),
    (of("SAME_DAY_VISITS", visitCount=2, matchType="EQUAL"), "who have made exactly 2 visits today", "who have not made exactly 2 visits today"),
    (of("NEW_VISITORS", visitorType="NEW"), "who are here for the first time", "who have been here before"),
    (of("NEW_VISITORS", visitorType="RETURNING"), "who have been here before", "who are here for the first time"),
    (of("HEAT_SLICE", keyMomentId=3, goalId=4, lowerBound=10, upperBound=20.5), "whose score for key moment 3 and goal 4 is from 10 to 20.5", "whose score for key moment 3 and goal 4 is not from 10 to 20.5"),
    (of("SEGMENT", segmentId="5"), "who are in segment 5", "who are not in segment 5"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "words", "negated"), TABLE)
def test_a_condition_in_words(condition: dict[str, Any], words: str, negated: str) -> None:
    assert WORDS.phrase(condition) == words
    assert WORDS.phrase({**condition, "isInclude": True}) == words
    assert WORDS.phrase({**condition, "isInclude": False}) == negated


def test_every_kind_of_the_page_about_targeting_is_there() -> None:
    page = (ROOT / "docs" / "targeting.md").read_text(encoding="utf-8")
    table = page[page.index("## Conditions") : page.index("### Text")]
    kinds = {
        kind for row in re.findall(r"^\| (`[A-Z_`, ]+`)", table, re.MULTILINE) for kind in re.findall(r"[A-Z_]+", row)
    }
    assert len(kinds) == 26
    assert kinds == {condition["targetingType"] for condition, _, _ in TABLE}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (of("EXPLICIT_TRIGGER"), "who meet EXPLICIT_TRIGGER, a kind that the client does not know; so nobody"),
        (
            of("MOON_PHASE", phase="full", isInclude=False),
            "who meet not MOON_PHASE (phase: full), a kind that the client does not know; so everybody, since it is negated",
        ),
        ({}, "who meet a condition without a kind, a kind that the client does not know; so nobody"),
        ("text", "who meet a condition without a kind, a kind that the client does not know; so nobody"),
        (
            datum("LIKE"),
            "who meet CUSTOM_DATUM (customDataIndex: 1, valueMatchType: LIKE, value: gold), "
            "which cannot be read (valueMatchType is 'LIKE', which is unknown); so nobody",
        ),
        (
            of("GEOLOCATION", city="Brest", isInclude=False),
            "who meet not GEOLOCATION (city: Brest), which cannot be read (country is missing); "
            "so everybody, since it is negated",
        ),
    ],
)
def test_what_is_not_known_or_not_read_is_shown_as_it_is(condition: Any, words: str) -> None:
    assert WORDS.phrase(condition) == words


def test_long_values_are_cut() -> None:
    words = WORDS.phrase(of("PAGE_URL", url="x" * 10_000, matchType="EXACT"))
    assert words.endswith("x…'")
    assert len(words) < 400


FIELDS = st.sampled_from(
    sorted({name for condition, _, _ in TABLE for name in condition} | {"isInclude", "visitScope", "visitCount"})
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["EXACT", "EQUAL", "ANY"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(st.sampled_from(TABLE), st.dictionaries(FIELDS, VALUES, max_size=4))
@settings(deadline=None)
def test_any_condition_has_words(row: tuple[dict[str, Any], str, str], changed: dict[str, Any]) -> None:
    assert WORDS.phrase({**row[0], **changed}).startswith(("who ", "whose "))
