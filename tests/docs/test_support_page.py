"""``docs/support.md`` says of other packages what ``pyproject.toml`` requires."""

from __future__ import annotations

import re
import sys

import pytest

from tests.docs import pages

PAGE = (pages.ROOT / "docs" / "support.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w-]+)` \| ([\d.]+) \| (?:always|`(\w+)`)", re.MULTILINE)

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib")


def required() -> dict[str, dict[str, str]]:
    """Of each extra, and of none, the packages with their oldest versions."""
    import tomllib

    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {
            match[1]: match[2] for entry in entries if (match := re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", entry))
        }
        for extra, entries in extras.items()
    }


def test_the_oldest_versions_are_those_that_are_required() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) > 12
    assert [row for row in rows if required()[row[2]].get(row[0]) != row[1]] == []


def test_each_extra_is_on_the_page() -> None:
    told = {extra for _, _, extra in ROW.findall(PAGE)}
    assert set(required()) - told == set(), "hint: a row of docs/support.md"
