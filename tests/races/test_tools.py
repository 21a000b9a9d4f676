"""The tools of ``make races`` find what they look for, and leave out what is not the extension's."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.races import parallel, valgrind

ROOT = Path(__file__).parents[2]
EXTENSION = "/site-packages/kameleoon/_native.cpython-311-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("places", "is_own"),
    [
        ([EXTENSION, "/usr/lib/libpython3.11.so.1.0"], True),
        (["/usr/libexec/valgrind/vgpreload_memcheck.so", "/lib/libc.so.6", EXTENSION], True),
        (["/usr/lib/libpython3.11.so.1.0", EXTENSION], False),
        (["/usr/lib/libpython3.11.so.1.0"], False),
        ([], False),
    ],
)
def test_what_valgrind_finds_is_the_extensions_where_no_python_stands_between(places: list[str], is_own: bool) -> None:
    frames = "".join(f"<frame><ip>0x1</ip><obj>{place}</obj><fn>f</fn></frame>" for place in places)
    text = f"<valgrindoutput><error><what>Invalid read of size 8</what><stack>{frames}</stack></error></valgrindoutput>"
    found = list(valgrind.of_extension(ElementTree.fromstring(text)))
    assert [what for what, _ in found] == ["Invalid read of size 8"] * is_own


def test_the_tests_that_run_in_one_thread_are_there() -> None:
    for start in parallel.TESTS:
        path, _, name = start.partition("::")
        assert name.partition("[")[0] in (ROOT / path).read_text(encoding="utf-8") if name else (ROOT / path).exists()
