"""The pytest plugin: the marker ``flags``, and the fixtures ``kameleoon_flags``, ``kameleoon_exposures``,
``kameleoon_conversions``, ``kameleoon_clock`` and ``kameleoon_platform``. See docs/testing.md#with-pytest.

pytest imports it into every run, so it imports nothing of the package until a test asks for something.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kameleoon.testing import Clock, Conversions, Exposures, Platform

_MARKER = (
    'flags(feature_key="variation", ...): overrides Kameleoon feature flags while the test runs, as '
    "kameleoon.testing.flags does"
)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    """Runs the test inside of the overrides of its markers; the nearest marker comes first."""
    markers = list(item.iter_markers("flags"))
    if not markers:
        yield
        return
    from kameleoon.testing import flags  # here: only tests with the marker need it

    # The function itself is decorated: an async one runs in a task of its own, whose context this one is not.
    own = getattr(item, "obj", None)
    if not callable(own):
        raise TypeError(f"{item.nodeid}: the marker 'flags' is for test functions, not for {type(item).__name__}")
    test = own
    for marker in markers:
        test = flags(*marker.args, **marker.kwargs)(test)
    item.obj = test  # type: ignore[attr-defined]  # a function has it
    of_unittest = _test_case(own)
    if of_unittest is not None:
        vars(of_unittest)[item.name] = test  # there unittest finds its async tests, without pytest
    try:
        yield
    finally:
        item.obj = own  # type: ignore[attr-defined]
        if of_unittest is not None:
            vars(of_unittest).pop(item.name, None)


def _test_case(test: Any) -> Any:
    """The instance of ``unittest.TestCase`` that a test belongs to, if it is one's."""
    unittest = sys.modules.get("unittest")
    owner = getattr(test, "__self__", None)
    return owner if unittest is not None and isinstance(owner, unittest.TestCase) else None


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What is different, where a test compares what was captured."""
    if op != "==" or "kameleoon.testing._captures" not in sys.modules:
        return None
    from kameleoon.testing._difference import difference  # here: something was captured

    return difference(left, right)


@pytest.fixture
def kameleoon_flags() -> Iterator[Callable[..., None]]:
    """Overrides feature flags from its call to the test's end; it is called as ``kameleoon.testing.flags`` is.

    ::

        def test_checkout(kameleoon_flags):
            kameleoon_flags(new_checkout="on")
    """
    from kameleoon.testing import flags  # here and below: only tests that ask for it need it

    with ExitStack() as blocks:

        def override(*arguments: Any, **by_name: Any) -> None:
            blocks.enter_context(flags(*arguments, **by_name))

        yield override


@pytest.fixture
def kameleoon_exposures() -> Iterator[Exposures]:
    """The exposures of the test, as ``kameleoon.testing.exposures`` captures them.

    ::

        def test_checkout(kameleoon_exposures):
            ...
            assert kameleoon_exposures.of("checkout") == [("alice", "checkout", "on")]
    """
    from kameleoon.testing import exposures

    with exposures() as seen:
        yield seen


@pytest.fixture
def kameleoon_conversions() -> Iterator[Conversions]:
    """The conversions of the test, as ``kameleoon.testing.conversions`` captures them.

    ::

        def test_order(kameleoon_conversions):
            ...
            assert kameleoon_conversions.of(7).revenues == [49.9]
    """
    from kameleoon.testing import conversions

    with conversions() as seen:
        yield seen


@pytest.fixture
def kameleoon_clock() -> Iterator[Clock]:
    """The clock of all clients, as ``kameleoon.testing.clock`` gives it; it is set back at the test's end.

    ::

        def test_session(kameleoon_clock):
            ...
            kameleoon_clock.advance(minutes=31)
    """
    from kameleoon.testing import clock

    with clock() as now:
        yield now


@pytest.fixture
def kameleoon_platform() -> Iterator[Platform]:
    """A running ``kameleoon.testing.Platform`` with an empty data file; see ``Platform.set_data_file``.

    ::

        def test_checkout(kameleoon_platform):
            kameleoon_platform.set_data_file({"featureFlags": [...]})
            config = KameleoonClientConfig("id", "secret", endpoint=kameleoon_platform.origin)
    """
    from kameleoon.testing import Platform

    with Platform() as platform:
        yield platform
