"""The cookie header: what is read from it, and what an application is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest

from kameleoon._cookie_header import CookieHeader

NAME = "kameleoonVisitorCode"


def with_simple_cookie(header: str) -> str | None:
    jar = SimpleCookie(header)
    return jar[NAME].value if NAME in jar else None


def split_at_semicolons(header: str) -> str | None:
    """As frameworks do that are not strict; the last one counts."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}.get(NAME)


def first_that_matches(header: str) -> str | None:
    found = re.search(rf"(?:^|;\s*){NAME}=([^;]*)", header)
    return found.group(1) if found else None


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ("", []),
        ("other=x", []),
        (f"{NAME}=a", ["a"]),
        (f"a=b; {NAME}=c; d=e", ["c"]),
        (f"a=b;{NAME}=c;d=e", ["c"]),
        (f" {NAME} = a ", ["a"]),
        (f"{NAME}=", []),
        (f'{NAME}=""', []),
        (NAME, []),
        (f'{NAME}="quoted"', ["quoted"]),
        (f'{NAME}="a b"', ["a b"]),
        (f'{NAME}="a\\073b"', ["a;b"]),
        (f'{NAME}="a\\"b"', ['a"b']),
        (f"{NAME}=a%20b", ["a%20b"]),
        (f"{NAME}=a=b,c/d@e:f", ["a=b,c/d@e:f"]),
        (f"{NAME}=a b", []),
        (f'{NAME}=a"b', []),
        (f"{NAME}=\xfc", []),
        (f"{NAME}=one; {NAME}=two", ["two", "one"]),
        (f"{NAME}=; {NAME}=two", ["two"]),
        (f"{NAME}=one; {NAME}=", ["one"]),
        (f"{NAME.upper()}=a", []),
        (f"{NAME}s=a", []),
        (f"bad[name]=x; noequals; ;; {NAME}=a", ["a"]),
    ],
)
def test_codes_are_read_as_the_reference_reads_them(header: str, codes: list[str]) -> None:
    assert CookieHeader(header).visitor_codes == codes


OTHERS = [
    "",
    "a=1",
    'a=1; b="2"; c=',
    "bad[name]=x",
    "noequals",
    "a=1; noequals; b=2",
    'j={"a":"1, 2"}',
    "Path=/",
    "secure",
    "Expires=Wed, 21 Oct 2015 07:28:00 GMT",
    "$Version=1",
    "a b=c",
    "\xfc=1",
    "a=\xfc",
    'x="unclosed',
    '"=',
    "=nameless",
    ";;",
    "__Host-id=a%20b; _ga=GA1.2.3.4",
]


@pytest.mark.parametrize("parse", [with_simple_cookie, split_at_semicolons, first_that_matches])
@pytest.mark.parametrize("after", OTHERS)
@pytest.mark.parametrize("before", OTHERS)
def test_whoever_parses_what_is_shown_finds_the_code(before: str, after: str, parse: Callable[[str], str]) -> None:
    for own in (f"{NAME}=code", f'{NAME}="code"', f"{NAME}=old; {NAME}=code", f"{NAME}=", ""):
        header = "; ".join(filter(None, (before, own, after)))
        shown = CookieHeader(header).showing("code")
        assert parse(shown).strip('"') == "code", shown
        for other in filter(None, re.split(r"\s*;\s*", f"{before};{after}")):
            assert other in shown, "no other cookie is lost"


@pytest.mark.parametrize(
    "header",
    [f"{NAME}=a", f"b=c; {NAME}=a;d=e", f'{NAME}="a"; bad[name]=x', f'{NAME}=a; x="{{"', f"$Version=1; {NAME}=a"],
)
def test_a_header_that_shows_the_code_is_left_as_it_is(header: str) -> None:
    assert CookieHeader(header).showing("a") == header


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("0123456789abcdef", "0123456789abcdef"),
        ("a/b@c:d", "a/b@c:d"),
        ("a b", '"a b"'),
        ("a;b", '"a\\073b"'),
        ('a"b', '"a\\"b"'),
        ("\xfc", "%C3%BC"),
        ("\u65e5\u672c", "%E6%97%A5%E6%9C%AC"),
        ("a\r\nb", "a%0D%0Ab"),
    ],
)
def test_a_new_code_stands_behind_the_others(code: str, value: str) -> None:
    assert CookieHeader("a=1").showing(code) == f"a=1; {NAME}={value}"
    assert CookieHeader("").showing(code) == f"{NAME}={value}"


def test_the_simulation_cookie_is_read() -> None:
    simulation = "kameleoonSimulationFFData"
    assert CookieHeader(f"{simulation}=%7B%7D; a=b").simulation == "%7B%7D"
    assert CookieHeader(f'{simulation}="{{\\"a\\":1}}"').simulation == '{"a":1}'
    assert CookieHeader(f'{simulation}={{"a":1}}').simulation is None
    assert CookieHeader("a=b").simulation is None
