"""The hook that all clients of the process ask while a test overrides flags, or captures what becomes of them.

It is set when the first block begins and removed when the last one has ended, so that clients outside of tests, and
tests without overrides, know nothing of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, Protocol, Union

from kameleoon._native import Variation, set_test_hook
from kameleoon.exceptions import KameleoonError

if TYPE_CHECKING:
    from kameleoon.kameleoon_client import KameleoonClient

__all__ = ["Answer", "Block", "Capture", "Layer", "hook"]

Answer = Union[Variation, Literal[False], None]
"""What an override gives: a variation, ``False`` where the flag is disabled, ``None`` where it says nothing."""


class Layer(Protocol):
    """Overrides of some flags. Layers lie over each other, and the first over the client's own answers."""

    def answer(self, client: KameleoonClient, feature_key: str, below: Callable[[], Answer]) -> Answer:
        """The answer for a flag; ``below`` gives the one of what lies below, ``None`` where there is no such flag."""

    def feature_keys(self, client: KameleoonClient) -> Iterable[str]:  # noqa: ARG002  # of those who have some
        """The flags of which it says something."""
        return ()


class Capture(Protocol):
    """Whoever wants to know what becomes of flags."""

    def exposed(self, client: KameleoonClient, visitor_code: str, feature_key: str, variation: Variation) -> None:
        """A visitor was exposed to a variation."""

    def converted(
        self,
        client: KameleoonClient,
        visitor_code: str,
        goal_id: int,
        revenue: float | None,
        negative: bool,
        metadata: Iterable[Any] | None,
    ) -> None:
        """A conversion was tracked."""


class Block:
    """A layer that holds from the beginning of a block to its end.

    ``is_over`` ends it also in contexts that have a copy of it: those of tasks that outlive the block.
    """

    __slots__ = ("is_over", "layer")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.is_over = False


_here: ContextVar[tuple[Block, ...]] = ContextVar("kameleoon_testing_blocks", default=())
_asks_client: ContextVar[bool] = ContextVar("kameleoon_testing_asks_client", default=False)
"""Whether the hook itself asks a client for its own answer, in this context."""


class Hook:
    """Everything in force, for the clients that ask. Any thread may call any of its methods."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._everywhere: tuple[Block, ...] = ()
        self._captures: tuple[Capture, ...] = ()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget_lock)

    def _forget_lock(self) -> None:
        self._lock = threading.Lock()  # another thread of the parent may have held it

    # Blocks begin and end

    def begin(self, layer: Layer, *, everywhere: bool) -> Block:
        """Puts a layer over all others: in this context, or below those of any context, ``everywhere``."""
        block = Block(layer)
        with self._lock:
            if everywhere:
                self._everywhere = (*self._everywhere, block)
            self._use(1)
        if not everywhere:
            _here.set((*(other for other in _here.get() if not other.is_over), block))
        return block

    def innermost(self, layer: Layer) -> Block | None:
        """The last block of a layer that began in this context and is not over."""
        return next((block for block in reversed(_here.get()) if block.layer is layer and not block.is_over), None)

    def end(self, block: Block) -> None:
        """Ends a block, in whichever context it began."""
        with self._lock:
            if block.is_over:
                return
            block.is_over = True
            self._everywhere = tuple(other for other in self._everywhere if other is not block)
            self._use(-1)
        here = _here.get()
        if block in here:  # its end may come in another context than its beginning, so there is no token to reset
            _here.set(tuple(other for other in here if other is not block))

    def begin_capture(self, capture: Capture) -> None:
        """Tells ``capture`` of what happens, in any thread."""
        with self._lock:
            self._captures = (*self._captures, capture)
            self._use(1)

    def end_capture(self, capture: Capture) -> None:
        """Tells it no longer."""
        with self._lock:
            left = tuple(other for other in self._captures if other is not capture)
            self._use(len(left) - len(self._captures))
            self._captures = left

    def _use(self, more: int) -> None:
        was_used, self._users = self._users > 0, self._users + more
        if was_used != (self._users > 0):
            set_test_hook(self if self._users > 0 else None)

    # What clients ask and tell

    def override(self, client: KameleoonClient, visitor_code: str, feature_key: str) -> Answer:
        """The answer that a client is to give instead of its own. Raises ``NotInDataFile``."""
        layers = self._layers()
        if not layers or not isinstance(feature_key, str):  # the client says what is wrong with the key
            return None
        return _answer(layers, client, visitor_code, feature_key)

    def overrides(self, client: KameleoonClient, visitor_code: str) -> dict[str, Variation | Literal[False]]:
        """The same for all flags that have one. Raises ``NotInDataFile``."""
        layers = self._layers()
        found: dict[str, Variation | Literal[False]] = {}
        for key in dict.fromkeys(key for layer in layers for key in layer.feature_keys(client)):
            answer = _answer(layers, client, visitor_code, key)
            if answer is not None:
                found[key] = answer
        return found

    def exposed(self, client: KameleoonClient, visitor_code: str, feature_key: str, variation: Variation) -> None:
        """A visitor was exposed to a variation."""
        for capture in self._captures:
            capture.exposed(client, visitor_code, feature_key, variation)

    def converted(
        self,
        client: KameleoonClient,
        visitor_code: str,
        goal_id: int,
        revenue: float | None,
        negative: bool,
        metadata: Iterable[Any] | None,
    ) -> None:
        """A conversion was tracked."""
        for capture in self._captures:
            capture.converted(client, visitor_code, goal_id, revenue, negative, metadata)

    def _layers(self) -> Sequence[Layer]:
        """The layers in force here, the lowest first."""
        blocks = _here.get()
        if not blocks and not self._everywhere:
            return ()
        if _asks_client.get():
            return ()
        return [block.layer for block in (*self._everywhere, *blocks) if not block.is_over]


def _answer(layers: Sequence[Layer], client: KameleoonClient, visitor_code: str, feature_key: str) -> Answer:
    """What the uppermost of some layers says that says anything."""
    if not layers:
        return None

    def below() -> Answer:
        answer = _answer(layers[:-1], client, visitor_code, feature_key)
        return _own_answer(client, visitor_code, feature_key) if answer is None else answer

    answer = layers[-1].answer(client, feature_key, below)
    return _answer(layers[:-1], client, visitor_code, feature_key) if answer is None else answer


def _own_answer(client: KameleoonClient, visitor_code: str, feature_key: str) -> Answer:
    """The client's own answer. Asking for it neither saves nor tracks."""
    token = _asks_client.set(True)
    try:
        variation = client.explain(visitor_code, feature_key).variation
    except KameleoonError:  # there is no such flag
        return None
    finally:
        _asks_client.reset(token)
    return False if variation is None else variation


hook = Hook()
