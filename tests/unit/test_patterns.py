"""Patterns have `re.fullmatch`'s answer."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import targeted_by
from tests.differential.generate import PATTERNS, TEXTS


def matches(pattern: str, *texts: str) -> list[bool]:
    condition = {"targetingType": "VISITOR_CODE", "matchType": "REGULAR_EXPRESSION", "visitorCode": pattern}
    with KameleoonClient("site", KameleoonClientConfig.offline(targeted_by(condition))) as client:
        return [client.is_feature_active(text, "flag") for text in texts]


def expected(pattern: str, *texts: str) -> list[bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = re.compile(pattern)
        except re.error:
            return [False] * len(texts)
        return [compiled.fullmatch(text) is not None for text in texts]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_known_patterns(pattern: str, log: object) -> None:
    texts = [text for text in [*TEXTS, "a!b", "ab", "aaa", "aab", "cd", "b", "a b c", "x.y-z"] if text]
    assert matches(pattern, *texts) == expected(pattern, *texts)


PIECES = st.sampled_from(
    ["a", "b", "é", ".", "\\d", "\\w", "\\s", "\\S", "\\W", "[ab]", "[^a]", "[a-c\\d]", "[]a]", "\\.", "^", "$", "\\b", "\\A", "\\Z",
     "(?=a)", "(?!b)", "(?<=a)", "(?<!a)", "\\1", "\\2", "(?P<n>a)", "(?P=n)", "(?i)", "(?:", "(", ")", "|", "*", "+", "?", "{2}",
     "{1,2}", "{,2}", "{", "}", "]", "-", "\\n", "\\x61", "(?i:a)", "*?", "++", "(?>a)", "\\B"]
)  # fmt: skip


@pytest.mark.long
@settings(max_examples=1500, deadline=None)
@given(
    pieces=st.lists(PIECES, max_size=9),
    texts=st.lists(st.text("abcABé1_ .-\n\u0661\u0301", min_size=1, max_size=8), min_size=1, max_size=5),
)
def test_random_patterns(pieces: list[str], texts: list[str]) -> None:
    pattern = "".join(pieces)
    actual = matches(pattern, *texts)
    wanted = expected(pattern, *texts)
    assert actual == wanted, pattern


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+", r"(a|aa)+", r"(a+)+\1b", r"(?=(a+)+$)b", r"(?i)(a+)+", r"(?i)a*a*a*a*a*a*a*b", r"(.*)(.*)(.*)(.*)\4x"],
)
def test_a_pattern_that_runs_away_is_bounded(pattern: str, log: object) -> None:
    start = time.monotonic()
    assert matches(pattern, "a" * 250 + "!") == [False]
    assert time.monotonic() - start < 20
