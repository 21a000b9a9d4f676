"""``KameleoonProvider``: a Kameleoon client behind OpenFeature's interface."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderFatalError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider, FeatureProvider, Metadata
from openfeature.track import TrackingEventDetails

from kameleoon.exceptions import KameleoonError, VisitorCodeInvalid
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.openfeature.context import VARIABLE_KEY, conversion_of
from kameleoon.openfeature.given import GivenData
from kameleoon.openfeature.resolution import KINDS, Kind, failure, resolved
from kameleoon.openfeature.watch import Watch

__all__ = ["KameleoonProvider"]

T = TypeVar("T")
_NAME = "Kameleoon Provider"
_REFUSED = re.compile(r"\bHTTP status (401|403|404)\b")


class _State(Enum):
    """What OpenFeature knows of the configuration."""

    NEW = "nothing yet"
    READY = "it is in"
    FAILED = "it could not be had"


class KameleoonProvider(AbstractProvider):
    """A provider for OpenFeature: ``api.set_provider(KameleoonProvider("site-code", config))``.

    ``site_code`` and ``config`` are those of a ``KameleoonClient``, which is made when OpenFeature initializes the
    provider, and closed when it shuts it down. Or ``client`` is one of your own, which stays open.
    ``timeout``: how many seconds the initialization waits for a configuration, at the most; ``None`` is the client's
    default time-out. ``hooks``: hooks of the provider.

    The targeting key is the visitor code. An evaluation never waits for the network, and raises nothing.
    Raises ``TypeError`` unless there is either a ``client``, or a ``site_code`` with a ``config``.
    See docs/openfeature.md.

    >>> from openfeature import api
    >>> from openfeature.evaluation_context import EvaluationContext
    >>> api.set_provider_and_wait(KameleoonProvider(client=client))
    >>> api.get_client().get_string_value("new-checkout", "blue", EvaluationContext("alice"))
    'green'
    >>> api.shutdown()
    """

    def __init__(
        self,
        site_code: str | None = None,
        config: KameleoonClientConfig | None = None,
        *,
        client: KameleoonClient | None = None,
        timeout: float | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        super().__init__()
        if (client is None) == (config is None or site_code is None):
            raise TypeError("KameleoonProvider(site_code, config) or KameleoonProvider(client=client), one of both")
        self._site_code = site_code
        self._config = config
        self._given_client = client
        self._timeout = timeout
        self._hooks = list(hooks)
        self._lock = threading.Lock()
        self._client: KameleoonClient | None = client
        self._watch: Watch | None = None
        self._given: GivenData | None = None
        self._state = _State.NEW
        self._is_shut_down = False
        self._is_told_stale = False
        self._fatal: str | None = None
        """Why there will be none."""

    # Life

    def attach(self, on_emit: Callable[[FeatureProvider, ProviderEvent, ProviderEventDetails], None]) -> None:
        """OpenFeature is about to initialize the provider, for the first time or again."""
        super().attach(on_emit)
        self._is_shut_down = False

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002  # OpenFeature's signature
        """Makes the client, if there is none, and waits for its configuration. Called by OpenFeature.

        Raises ``ProviderFatalError`` where the settings cannot be used or the service refuses them, and
        ``ProviderNotReadyError`` where there is no configuration within the time-out: the client goes on trying, and
        OpenFeature is told when it has one.
        """
        with self._lock:
            if self._is_shut_down:  # meanwhile: a client would be made for nobody
                raise ProviderNotReadyError("the provider is shut down")
            self._state, self._fatal = _State.NEW, None
            if self._client is None:
                self._client, self._given = self._made(), None
            if self._given is None:
                self._given = GivenData(self._client.settings.session_duration_second)
            if self._watch is None:
                self._watch = Watch(self._client, self._changed, self._staled)
            client, watch = self._client, self._watch
        is_in = client.wait_init(None if self._timeout is None else self._timeout * 1000)
        with self._lock:
            if is_in or client.is_ready():  # it may have come just after the wait was over
                watch.look_again()  # an event for what is there already is none
                self._state = _State.READY
                return
            self._state = _State.FAILED
        status = client.stats().data_source
        why = (status.last_failure if status is not None else None) or "no answer within the time-out"
        if _REFUSED.search(why):
            self._fatal = f"the service refuses the client: {why}"
            raise ProviderFatalError(self._fatal)
        raise ProviderNotReadyError(f"no configuration yet: {why}")

    def _made(self) -> KameleoonClient:
        assert self._site_code is not None and self._config is not None  # noqa: S101, PT018  # see __init__
        try:
            return KameleoonClient(self._site_code, self._config)
        except (KameleoonError, TypeError, ValueError) as error:
            self._fatal = f"the client cannot be made: {error}"
            raise ProviderFatalError(self._fatal) from error

    def shutdown(self) -> None:
        """Sends what is queued and closes the client, unless it is one of your own. To do it again changes nothing."""
        with self._lock:
            client, watch = self._client, self._watch
            self._client, self._watch, self._is_shut_down = self._given_client, None, True
        if watch is not None:
            watch.end()
        if client is not None and client is not self._given_client:
            client.close()

    def _changed(self) -> None:
        """Another data file is in use, maybe the first."""
        with self._lock:
            state, flags = self._state, [] if self._watch is None else self._watch.look_again()
            if state is _State.FAILED:
                self._state, self._fatal = _State.READY, None
        if state is _State.FAILED:
            self.emit_provider_ready(ProviderEventDetails(message="a configuration is in"))
        elif state is _State.READY and flags:
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=flags))

    def _staled(self, is_stale: bool) -> None:
        """The data file is stale, or no longer. Where there is none yet, nothing is."""
        with self._lock:
            was_told, self._is_told_stale = self._is_told_stale, is_stale and self._state is _State.READY
            is_told = self._is_told_stale
        if is_told:
            self.emit_provider_stale(ProviderEventDetails(message="the configuration could not be fetched for a while"))
        elif was_told:
            self.emit_provider_ready(ProviderEventDetails(message="the configuration is fetched again"))

    def get_metadata(self) -> Metadata:
        """The provider's name."""
        return Metadata(name=_NAME)

    def get_provider_hooks(self) -> list[Hook]:
        """The hooks that the provider was made with."""
        return self._hooks

    @property
    def client(self) -> KameleoonClient | None:
        """The client that answers; ``None`` before the initialization and after the shutdown of one's own."""
        return self._client

    # Evaluation

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Called by OpenFeature."""
        return self._resolve(KINDS["boolean"], flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Called by OpenFeature."""
        return self._resolve(KINDS["string"], flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Called by OpenFeature."""
        return self._resolve(KINDS["integer"], flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Called by OpenFeature."""
        return self._resolve(KINDS["float"], flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Called by OpenFeature."""
        return self._resolve(KINDS["object"], flag_key, default_value, evaluation_context)

    def _resolve(
        self, kind: Kind, flag_key: str, default: T, context: EvaluationContext | None
    ) -> FlagResolutionDetails[T]:
        client, watch, given = self._client, self._watch, self._given
        if self._fatal is not None:
            return failure(default, ErrorCode.PROVIDER_FATAL, self._fatal)
        if client is None or watch is None or not client.is_ready():
            return failure(default, ErrorCode.PROVIDER_NOT_READY, "no configuration is in yet")
        code = None if context is None else context.targeting_key
        if not code:
            message = "the evaluation context has no targeting key, which is the visitor code"
            return failure(default, ErrorCode.TARGETING_KEY_MISSING, message)
        attributes = {} if context is None else context.attributes
        try:
            visitor = client.visitor(code)
        except VisitorCodeInvalid as error:
            return failure(default, ErrorCode.INVALID_CONTEXT, f"the targeting key cannot be a visitor code: {error}")
        if attributes and given is not None:
            given.give(visitor, attributes, watch.data_names)
        variable_key = attributes.get(VARIABLE_KEY)
        details = visitor.details(flag_key)
        return resolved(
            details, kind, default, None if variable_key is None else str(variable_key), is_stale=watch.is_stale
        )

    # Tracking

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """A conversion: of the goal whose id is the event's name, or the attribute ``goalId``; with the ``revenue``, or
        the details' value, ``negative`` and ``metadata``. Called by OpenFeature. What names no goal or no visitor is
        logged.
        """
        client, watch, given = self._client, self._watch, self._given
        code = None if evaluation_context is None else evaluation_context.targeting_key
        if client is None or watch is None or not code:
            missing = "no targeting key, which is the visitor code" if not code else "the provider has no client now"
            KameleoonLogger.warning("OpenFeature: the event %r is not tracked: %s", tracking_event_name, missing)
            return
        value = None if tracking_event_details is None else tracking_event_details.value
        attributes = {} if tracking_event_details is None else tracking_event_details.attributes
        try:
            conversion = conversion_of(tracking_event_name, value, attributes)
            visitor = client.visitor(code)
        except (KameleoonError, KeyError, TypeError, ValueError) as error:
            message = (
                "OpenFeature: the event %r is not tracked: %s. hint: its name, or its attribute goalId, is a goal's id"
            )
            KameleoonLogger.warning(message, tracking_event_name, error)
            return
        if evaluation_context is not None and given is not None:
            given.give(visitor, evaluation_context.attributes, watch.data_names)
        visitor.convert(conversion.goal_id, conversion.revenue, conversion.negative, conversion.metadata)
