"""docs/testing.md, run by pytest as one file of tests."""

from __future__ import annotations

from tests.docs import pages
from tests.testing.conftest import RunPytest

pytest_plugins = ["pytester"]


def test_the_page_is_true(run_pytest: RunPytest) -> None:
    text = "\n".join(block for _, block in pages.code_blocks(pages.ROOT / "docs" / "testing.md"))
    run_pytest(text, "-W", "ignore::ResourceWarning").assert_outcomes(passed=text.count("def test_"))
