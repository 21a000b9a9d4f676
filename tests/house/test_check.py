"""`make check FILE=…` finds a file's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import check


def test_a_test_file_is_its_own_test() -> None:
    assert check.tests_of(Path("tests/unit/test_config.py")) == [Path("tests/unit/test_config.py")]


def test_a_helper_of_tests_is_tested_by_those_beside_it() -> None:
    assert Path("tests/core/test_forks.py") in check.tests_of(Path("tests/core/programs.py"))


def test_a_module_is_tested_by_what_imports_it_and_what_is_named_after_it() -> None:
    found = check.tests_of(Path("python/kameleoon/_source/state.py"))
    assert Path("tests/unit/test_source_state.py") in found
    assert Path("tests/unit/test_visitor.py") not in found
    assert Path("tests/unit/test_visitor.py") in check.tests_of(Path("python/kameleoon/visitor.py"))


def test_unit_tests_of_rust_are_those_of_the_module() -> None:
    _, afterwards = check.commands(Path("rust/src/visitor/slot.rs"))
    assert afterwards[-1][-1] == "visitor::slot"


def test_what_has_no_check_of_its_own_is_told() -> None:
    with pytest.raises(SystemExit, match=r"'LICENSE-MIT' has no check of its own\. hint: "):
        check.commands(Path("LICENSE-MIT"))
