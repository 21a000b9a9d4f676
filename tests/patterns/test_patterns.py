"""Patterns have `re.fullmatch`'s answer, in time."""

from __future__ import annotations

import re
import sys
import threading
import time
import unicodedata
import warnings

import pytest

from kameleoon._native import Patterns, full_match
from tests.patterns.fuzz import fuzz

MANY = "a" * 250
RUNAWAYS = [  # pattern, text, answer (None: may be given up)
    (r"(?i).*checkout.*", "https://shop.example/" + "x" * 200 + "/CheckOut/pay", True),
    (r"(?i)https://shop\.example(/[\w-]+)*/?", "https://SHOP.example/a/b-c/", True),
    (r"(?i)https://shop\.example(/[\w-]+)*/?", "https://shop.example" + "/abc" * 60 + "!", False),
    (r"(?i)(a|aa)*b", MANY, False),
    (r"(?i)(a|b|ab)*c", "ab" * 125, False),
    (r"(?i)(?:a?){50}a{50}", "a" * 50, True),
    (r"(?i)(?:a?){50}a{50}", "a" * 99, True),
    (r"(?i)(?:a?){50}a{50}", "a" * 101, False),
    (r"(?i)(a|a?)+b", MANY, False),
    (r"(?<!(a))(a|a){0,90}\1c", "a" * 90, False),
    (r"(?:(?=a*b)a|a)*", "a" * 2_000, True),
    (r"(?:(?=a*b)a|a)*", "a" * 32_000, None),
    (r"(?:(?=a*b)a|a)*", "a" * 31_999 + "b", None),
    (r"\w{5000}", "a" * 5_000, True),
    (r"(a+)+", MANY + "!", False),
    (r"(a|aa)+", MANY + "!", False),
    (r"(a+)+\1b", MANY + "!", None),
    (r"(?=(a+)+$)b", MANY + "!", False),
    (r"(?i)a*a*a*a*a*a*a*b", MANY + "!", False),
    (r"(.*)(.*)(.*)(.*)\4x", MANY + "!", False),
    (r"(?:.*,){10}x", "a," * 100, False),
]  # fmt: skip

BOUND = 0.2
"""Seconds of the processor's time that no call takes: ten times what it may take on a quiet machine, where
`python -m tests.patterns.fuzz` holds it to that."""


@pytest.mark.parametrize(("pattern", "text", "expected"), RUNAWAYS)
def test_what_runs_away_elsewhere(pattern: str, text: str, expected: bool | None) -> None:
    ours, taken = Patterns([pattern]), []
    for _ in range(3):
        start = time.thread_time()
        answer = ours.full_match(0, text)
        taken.append(time.thread_time() - start)
        if expected is not None:
            assert answer is expected
    assert min(taken) < BOUND


newer_re = pytest.mark.xfail(
    sys.version_info >= (3, 14),
    strict=False,
    reason="ours has the answers of the `re` of Python 3.13: `\\B` of an empty text, tables of Unicode, ignoring case",
)


@newer_re
def test_random_patterns() -> None:
    outcome = fuzz(3_000, seed=1, bound=BOUND)
    assert outcome.mismatches == []
    assert outcome.matched > 3_000


def test_long_texts() -> None:
    assert fuzz(300, seed=700_000, long=1, bound=BOUND).mismatches == []


CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
CASED = [character for character in CHARACTERS if character.lower() != character or character.upper() != character]


def variants() -> dict[str, set[str]]:
    """The characters related by case to each, and more: a superset of what `re` takes for equal."""
    related: dict[str, set[str]] = {}
    for character in CASED:
        for other in (character.lower(), character.upper(), character.upper().lower(), character.lower().upper()):
            if len(other) == 1 or character == "İ":
                related.setdefault(character, {character}).add(other[0])
                related.setdefault(other[0], {other[0]}).add(character)
    for character in list(related):
        for other in list(related[character]):
            related[character] |= related.get(other, set())
    return related


@newer_re
@pytest.mark.parametrize(
    "form", ["(?i){}", "(?i)[{}]", "(?i)[^{}]", "(?i)[{}-{}x]", "(?i)[{}\u00e9]", "(?ai){}", "(?ai)[{}é-í]"]
)
def test_case_over_all_of_unicode(form: str) -> None:
    for character, others in variants().items():
        if unicodedata.category(character) == "Cn":
            continue
        pattern = form.replace("{}", character)
        expected, actual = re.compile(pattern), Patterns([pattern])
        for other in others:
            assert actual.full_match(0, other) is (expected.fullmatch(other) is not None), (pattern, other)
    re.purge()


@newer_re
@pytest.mark.parametrize(
    "pattern",
    [
        r"\w",
        r"\W",
        r"\d",
        r"\s",
        r"\S",
        r"(?i)[\wK]",
        r"(?a)\w",
        r"(?a)\s",
        r"(?i)[^\W_k]",
        r"(?i)[a-\u0250]",
        r"(?i)[\u0100-\U00010410]",
    ],
)
def test_classes_over_all_of_unicode(pattern: str) -> None:
    expected, actual = re.compile(pattern), Patterns([pattern])
    for character in CHARACTERS:
        if actual.full_match(0, character) is not (expected.fullmatch(character) is not None):
            assert unicodedata.category(character) == "Cn", hex(ord(character))  # assigned after this Python


def test_memory_of_counted_repetitions() -> None:
    resource = pytest.importorskip("resource")  # POSIX has it
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    patterns = Patterns([rf"\w{{{count}}}" for count in range(461, 501)])
    for place in range(40):
        assert patterns.full_match(place, "é" * (461 + place)) is True
    assert patterns.memory() < 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4_096  # KiB


def test_a_small_stack() -> None:
    sources = [
        "(?:" * 100 + "(a)?" + ")*" * 100 + r"\1",
        "(?=" * 100 + "a" + ")" * 100,
        r"(?:(a)|b)*\1",
        "(?:" + "(?:ab|cd)?" * 100 + ")+",
    ]
    patterns, answers = Patterns(sources), []
    previous = threading.stack_size(128 * 1024)
    try:
        thread = threading.Thread(
            target=lambda: answers.extend(patterns.full_match(place, "abcd" * 5_000) for place in range(4))
        )
        thread.start()
        thread.join()
    finally:
        threading.stack_size(previous)
    assert len(answers) == 4


INVALID = [
    "(", ")", "[", "a**", "*a", "^*", "(?i", "(?P<n", "(?P<1>a)", "(?P=n)", r"(\1)", r"\8", r"\p{L}", r"\x6", r"\u12", r"\400", "[b-a]", r"[\w-a]", "a{2,1}",
    "(?L)a", "(?au)a", "a(?i)b", "(?i-i:a)", "(?-a:b)", "(?z)", "(?<=a+)b", "(?<=(a)\\1)b", "(?(1)a|b)", "(?(1)a|b|c)(d)", "(?(0)a)", "(?(x)a)", "(?<a>b)",
    "(?P<n>a)(?P<n>b)", "a\\", "(?#", "a{4294967295}", "((?(1)a|b)(?<=(?(1)a|b)))",
]  # fmt: skip


@pytest.mark.parametrize("pattern", INVALID)
def test_what_python_refuses(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((re.error, OverflowError)):
            re.compile(pattern)
    with pytest.raises(ValueError, match="at position"):
        full_match(pattern, "")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before, `re` had neither")
def test_possessive_and_atomic() -> None:
    assert full_match("a++b", "aab") is True
    assert full_match("(?>a+)ab", "aab") is False
