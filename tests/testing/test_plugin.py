"""The pytest plugin, as a project's tests use it: each test here is a run of pytest in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from textwrap import dedent

import pytest

from tests.testing.conftest import PACKAGE, RunPytest

pytest_plugins = ["pytester"]

CLIENT = dedent(
    """
    import pytest
    from kameleoon import KameleoonClient, KameleoonClientConfig
    from kameleoon.testing import flags, variation

    @pytest.fixture
    def client():
        with KameleoonClient("site", KameleoonClientConfig.offline({})) as client:
            yield client
    """
)


@pytest.fixture
def run(run_pytest: RunPytest) -> RunPytest:
    """Runs tests that find a ``client``, whose data file has no flags."""
    return lambda tests, *arguments: run_pytest(CLIENT + dedent(tests), *arguments)


def test_the_marker(run: RunPytest) -> None:
    result = run(
        """
        pytestmark = pytest.mark.flags({"for-all": "on"})

        @pytest.mark.flags(new_checkout="on")
        def test_marked(client):
            assert client.is_feature_active("alice", "new-checkout")
            assert client.is_feature_active("alice", "for-all")

        def test_not_marked(client):
            assert list(client.get_variations("alice")) == ["for-all"]

        @pytest.mark.flags(a="off", b="off")
        class TestMarked:
            @pytest.mark.flags(a="on")
            @pytest.mark.parametrize("number", [1, 2])
            def test_nearest_comes_first(self, client, number):
                assert [client.get_variation("alice", key).key for key in "ab"] == ["on", "off"]

        @pytest.mark.flags(a="on")
        @flags(b="on")
        def test_beside_the_decorator(client):
            assert {key: found.key for key, found in client.get_variations("alice").items()} == {
                "for-all": "on", "a": "on", "b": "on"
            }
        """
    )
    result.assert_outcomes(passed=5)


def test_the_marker_on_unittest(run: RunPytest) -> None:
    result = run(
        """
        import unittest

        @pytest.mark.flags(a="on")
        class TestCase(unittest.TestCase):
            def test_sync(self):
                with KameleoonClient("site", KameleoonClientConfig.offline({})) as client:
                    assert client.is_feature_active("alice", "a")

        @pytest.mark.flags(a="on")
        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_async(self):
                with KameleoonClient("site", KameleoonClientConfig.offline({})) as client:
                    assert client.is_feature_active("alice", "a")
        """
    )
    result.assert_outcomes(passed=2)


ASYNC_TESTS = """
    import asyncio
    from kameleoon.testing import exposures

    pytestmark = pytest.mark.{marker}

    @pytest.mark.flags(a="on")
    async def test_marked(client):
        await asyncio.sleep(0)
        assert client.is_feature_active("alice", "a")

    async def test_not_marked(client):
        assert client.get_variations("alice") == {{}}

    async def test_fixtures(client, kameleoon_flags, kameleoon_exposures, kameleoon_conversions):
        kameleoon_flags(a="off")
        assert client.get_variation("alice", "a").key == "off"
        await asyncio.sleep(0)
        client.track_conversion("alice", 7)
        assert kameleoon_exposures == [("alice", "a", "off")]
        assert kameleoon_conversions.of(7).visitor_codes == ["alice"]

    async def test_after_the_fixture(client):
        assert client.get_variations("alice") == {{}}

    @flags(a="on")
    async def test_decorated(client):
        await asyncio.sleep(0)
        assert client.is_feature_active("alice", "a")
"""


@pytest.mark.parametrize(("module", "marker"), [("anyio", "anyio"), ("pytest_asyncio", "asyncio")])
def test_async_tests(run: RunPytest, module: str, marker: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    backend = '\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n' if marker == "anyio" else ""
    # pytest-asyncio wants to be told the scope of its loop.
    result = run(backend + dedent(ASYNC_TESTS.format(marker=marker)), "-W", "ignore::pytest.PytestDeprecationWarning")
    result.assert_outcomes(passed=5)


def test_the_fixture_for_flags(run: RunPytest) -> None:
    result = run(
        """
        def test_it(client, kameleoon_flags):
            kameleoon_flags(a="on")
            kameleoon_flags(client, {"b-c": variation("red", size=1)})
            assert client.is_feature_active("alice", "a")
            assert client.get_variation("alice", "b-c").variables["size"].value == 1

        def test_after_it(client):
            assert client.get_variations("alice") == {}
        """
    )
    result.assert_outcomes(passed=2)


def test_the_fixtures_that_capture_and_the_clock(run: RunPytest) -> None:
    result = run(
        """
        @pytest.mark.flags(checkout="on")
        def test_captures(client, kameleoon_exposures, kameleoon_conversions):
            client.get_variation("alice", "checkout")
            client.track_conversion("alice", 7, 49.9)
            assert kameleoon_exposures.of("checkout") == [("alice", "checkout", "on")]
            assert kameleoon_conversions.of(7).revenues == [49.9]

        @pytest.mark.flags(checkout="on")
        def test_each_test_has_its_own(client, kameleoon_exposures):
            assert kameleoon_exposures == []

        def test_clock(client, kameleoon_clock):
            client.add_data("alice", __import__("kameleoon").CustomData(1, "a"))
            assert client.stats().visitors == 1
            kameleoon_clock.advance(minutes=31)
            assert client.stats().visitors == 0

        def test_platform(kameleoon_platform):
            assert kameleoon_platform.origin
        """
    )
    result.assert_outcomes(passed=4)


def test_what_is_different_is_shown(run: RunPytest) -> None:
    result = run(
        """
        @pytest.mark.flags(checkout="on")
        def test_exposures(client, kameleoon_exposures):
            for code in ("alice", "bob"):
                client.get_variation(code, "checkout")
            assert kameleoon_exposures.of("checkout") == [("alice", "checkout", "on"), ("carol", "checkout", "off"), 5]

        def test_conversions(client, kameleoon_conversions):
            client.track_conversion("alice", 7, 49.9, negative=True)
            assert [("alice", 7)] == kameleoon_conversions
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E * assert captured exposures are not the expected ones",
            "E * (+ captured, not expected; - expected, not captured)",
            "E *     visitor 'alice': flag 'checkout', variation 'on'",
            "E *   - visitor 'carol': flag 'checkout', variation 'off'",
            "E *   - 5",
            "E *   + visitor 'bob': flag 'checkout', variation 'on'",
            "E * assert captured conversions are not the expected ones",
            "E *   - visitor 'alice': goal 7, revenue 0.0",
            "E *   + visitor 'alice': goal 7, revenue 49.9, negative",
        ]
    )


def test_mistakes_in_a_marker_fail_the_test(run: RunPytest) -> None:
    result = run(
        """
        @pytest.mark.flags("a")
        def test_text(): ...

        @pytest.mark.flags(a=1)
        def test_number(): ...
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*TypeError: flags: expected a KameleoonClient or a mapping, got str 'a'*",
            "*TypeError: flags: 'a': expected*",
        ]
    )


def test_the_marker_is_registered(run: RunPytest) -> None:
    result = run("", "--markers")
    result.stdout.fnmatch_lines(['@pytest.mark.flags(feature_key="variation", ...): overrides Kameleoon*'])


# What it costs those who do not use it


def imported(program: str) -> set[str]:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, pytest\nbefore = set(sys.modules)\n{program}\nprint(*set(sys.modules) - before)",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
    )
    return set(done.stdout.split())


def test_the_plugin_imports_nothing_until_it_is_used() -> None:
    own = {
        "kameleoon",
        "kameleoon._installation",
        "kameleoon._version",
        "kameleoon.testing",
        "kameleoon.testing.pytest_plugin",
    }
    assert imported("import kameleoon.testing.pytest_plugin") == own


def test_what_is_not_asked_for_is_not_imported() -> None:
    without_server = imported("from kameleoon.testing import flags, exposures, conversions, clock")
    assert "kameleoon._native" in without_server
    assert not {"http.server", "asyncio", "requests", "kameleoon.testing.server", "difflib"} & without_server
    assert "http.server" in imported("from kameleoon.testing import Platform")


def test_a_name_that_is_not_there() -> None:
    import kameleoon.testing

    with pytest.raises(AttributeError, match="module 'kameleoon.testing' has no attribute 'flag'"):
        _ = kameleoon.testing.flag  # type: ignore[attr-defined]
    assert set(kameleoon.testing.__all__) <= set(dir(kameleoon.testing))
    assert all(getattr(kameleoon.testing, name) is not None for name in kameleoon.testing.__all__)


def test_a_run_that_does_not_use_it(run_pytest: RunPytest) -> None:
    tests = """
        import sys

        def test_it():
            assert "kameleoon.testing.pytest_plugin" in sys.modules
            assert [1] == [1]
            assert "kameleoon._native" not in sys.modules
            assert "kameleoon.testing.server" not in sys.modules
    """
    run_pytest(dedent(tests)).assert_outcomes(passed=1)
