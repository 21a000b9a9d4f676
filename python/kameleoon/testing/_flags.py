"""``flags``: feature flags as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, Union, overload
from weakref import WeakKeyDictionary

from kameleoon._native import EngineClient
from kameleoon.testing._decoration import decorated
from kameleoon.testing._hook import Answer, Block, hook
from kameleoon.testing._known_flags import KnownFlags, known_flags
from kameleoon.testing._overrides import FlagValue, Override, override

if TYPE_CHECKING:
    from types import TracebackType

    from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["FlagOverrides", "flags"]

Decorated = TypeVar("Decorated", bound=Callable[..., object])


class FlagOverrides:
    """What ``flags`` gives: overrides that hold in a ``with`` block, in a function that they decorate, or in each test
    of a class that they decorate. Threads may share it, and it may be used again, also inside of itself.
    """

    def __init__(
        self,
        client: KameleoonClient | None,
        exact: Mapping[str, Override],
        loose: Mapping[str, Override],
        *,
        everywhere: bool = False,
    ) -> None:
        """``exact`` by the flags' keys; ``loose`` by names whose underscores may stand for hyphens; ``client``: the one
        that they are for, ``None`` for all.
        """
        self._client = client
        self._exact = exact
        self._loose = loose
        self._everywhere = everywhere
        self._blocks: list[Block] = []
        self._fitted: WeakKeyDictionary[KnownFlags, dict[str, Override]] = WeakKeyDictionary()

    @property
    def in_every_thread(self) -> FlagOverrides:
        """The same overrides for all threads and tasks of the process, for code under test that runs in threads of its
        own: a server that the test has started, say. Overrides of a test's own thread come before them.

        >>> import threading
        >>> from kameleoon.testing import flags
        >>> with flags(client, new_checkout="off").in_every_thread:
        ...     thread = threading.Thread(target=lambda: print(client.is_feature_active("alice", "new-checkout")))
        ...     thread.start()
        ...     thread.join()
        False
        """
        return FlagOverrides(self._client, self._exact, self._loose, everywhere=True)

    # A context manager and a decorator

    def __enter__(self) -> FlagOverrides:
        if self._client is not None:
            self._for(self._client)  # a mistake is told where it stands
        self._blocks.append(hook.begin(self, everywhere=self._everywhere))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block = hook.innermost(self) or self._blocks[-1]  # another thread may have begun one since
        self._blocks.remove(block)
        hook.end(block)

    def __call__(self, test: Decorated) -> Decorated:
        """Decorates a function (also an ``async`` one, or a generator), or the tests of a class, with their set-up."""
        return decorated(self, test)

    def __repr__(self) -> str:
        parts = [] if self._client is None else [repr(self._client)]
        parts += [repr(self._exact)] if self._exact else []
        parts += [f"{name}={value!r}" for name, value in self._loose.items()]
        return f"flags({', '.join(parts)}){'.in_every_thread' if self._everywhere else ''}"

    # What clients ask, by way of the hook

    def answer(self, client: KameleoonClient, feature_key: str, below: Callable[[], Answer]) -> Answer:
        """The answer for a client's flag; ``None`` where it is not overridden. ``below``: what it is without this."""
        if self._client is not None and self._client is not client:
            return None
        fitted = self._for(client)
        found = self._find(feature_key) if fitted is None else fitted.get(feature_key)
        return None if found is None else found.answer(below)

    def feature_keys(self, client: KameleoonClient) -> Iterable[str]:
        """The keys of the client's flags that are overridden."""
        if self._client is not None and self._client is not client:
            return ()
        fitted = self._for(client)
        return {**self._exact, **self._loose} if fitted is None else fitted

    def _for(self, client: KameleoonClient) -> dict[str, Override] | None:
        """The overrides by the keys of the client's data file; ``None`` where it has none. Raises ``NotInDataFile``."""
        known = known_flags(client)
        if known is None:
            return None
        fitted = self._fitted.get(known)
        if fitted is None:
            fitted = {}
            for names, exact in ((self._exact, True), (self._loose, False)):
                for name, value in names.items():
                    key, flag = known.flag(name, exact=exact)
                    fitted[key] = value.fitted(flag)
            self._fitted[known] = fitted
        return fitted

    def _find(self, feature_key: str) -> Override | None:
        """The override of a flag where no data file says which flags there are."""
        for names, key in (
            (self._loose, feature_key),
            (self._exact, feature_key),
            (self._loose, feature_key.replace("-", "_")),
        ):
            if key in names:
                return names[key]
        return None


@overload
def flags(**by_name: FlagValue) -> FlagOverrides: ...
@overload
def flags(client: KameleoonClient, /, **by_name: FlagValue) -> FlagOverrides: ...
@overload
def flags(values: Mapping[str, FlagValue], /, **by_name: FlagValue) -> FlagOverrides: ...
@overload
def flags(client: KameleoonClient, values: Mapping[str, FlagValue], /, **by_name: FlagValue) -> FlagOverrides: ...


def flags(
    client: Union[KameleoonClient, Mapping[str, FlagValue], None] = None,
    values: Mapping[str, FlagValue] | None = None,
    /,
    **by_name: FlagValue,
) -> FlagOverrides:
    """Overrides feature flags: in a ``with`` block, or in what it decorates. In this thread or task alone, and in tasks
    that are started from it; see ``FlagOverrides.in_every_thread`` for others. No network and no data file is needed.

    ``client``: the client that they are for; without one, every client. In ``by_name`` an underscore stands for a
    hyphen too, where the flag's key has one; the keys of a mapping ``values`` are taken as they are. What stands for an
    override is said by ``FlagValue``. Overridden answers are neither saved with the visitor nor sent. Blocks nest: the
    inner one counts, flag by flag.

    Where the client has a data file, a flag or variation that is not in it is ``NotInDataFile``: raised by ``with``, if
    a client is given and its data file is there, else by the evaluation. Raises ``TypeError`` for what is no override.

    >>> from kameleoon.testing import disabled, flags, variation
    >>> with flags(client, new_checkout="off"):
    ...     print(client.get_variation("alice", "new-checkout").key)
    ...     with flags({"new-checkout": variation("on", color="red")}, old_search=True):
    ...         print({key: found.key for key, found in client.get_variations("alice").items()})
    off
    {'new-checkout': 'on', 'old-search': 'on'}
    """
    if isinstance(client, Mapping):
        if values is not None:
            raise TypeError("flags: a client comes before the mapping of overrides. hint: flags(client, {…})")
        client, values = None, client
    if client is not None and not isinstance(client, EngineClient):
        raise TypeError(
            f"flags: expected a KameleoonClient or a mapping, got {type(client).__name__} {client!r:.100}. "
            "hint: flags(client, new_checkout='on')"
        )
    exact = {name: override(name, value) for name, value in (values or {}).items()}
    return FlagOverrides(client, exact, {name: override(name, value) for name, value in by_name.items()})
