"""``TelemetryHook``: tells OpenTelemetry of each evaluation, as the semantic conventions for feature flags have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openfeature.flag_evaluation import FlagEvaluationDetails, FlagValueType
from openfeature.hook import Hook, HookContext
from openfeature.telemetry import TelemetryFlagMetadata

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["TelemetryHook"]

_EVENT = "feature_flag.evaluation"


class TelemetryHook(Hook):
    """A hook for OpenFeature that adds an event ``feature_flag.evaluation`` to the current span of OpenTelemetry for
    each evaluation, with the flag's key, the variant, the reason, the provider, the targeting key, the error's type.

    Where no span records, it does nothing. Needs ``opentelemetry-api``. See docs/openfeature.md#telemetry.

    ::

        from openfeature import api
        from kameleoon.openfeature import TelemetryHook

        api.add_hooks([TelemetryHook()])
    """

    def finally_after(
        self,
        hook_context: HookContext,
        details: FlagEvaluationDetails[FlagValueType],
        hints: Any,  # noqa: ARG002  # OpenFeature's signature
    ) -> None:
        """Called by OpenFeature after each evaluation."""
        from opentelemetry import trace  # only for those who use it

        span: Span = trace.get_current_span()
        if span.is_recording():
            span.add_event(_EVENT, attributes_of(hook_context, details))


def attributes_of(
    hook_context: HookContext, details: FlagEvaluationDetails[Any]
) -> dict[str, str | bool | int | float]:
    """The attributes of an event, by the names of OpenTelemetry's semantic conventions."""
    attributes: dict[str, str | bool | int | float] = {
        "feature_flag.key": details.flag_key,
        "feature_flag.result.reason": str(details.reason or "unknown").lower(),
    }
    if details.variant:
        attributes["feature_flag.result.variant"] = details.variant
    elif isinstance(details.value, (str, bool, int, float)):
        attributes["feature_flag.result.value"] = details.value
    metadata = details.flag_metadata or {}
    context_id = metadata.get(TelemetryFlagMetadata.CONTEXT_ID) or hook_context.evaluation_context.targeting_key
    if context_id:
        attributes["feature_flag.context.id"] = str(context_id)
    for name, key in (("version", TelemetryFlagMetadata.VERSION), ("set.id", TelemetryFlagMetadata.FLAG_SET_ID)):
        if metadata.get(key):
            attributes[f"feature_flag.{name}"] = str(metadata[key])
    if hook_context.provider_metadata is not None:
        attributes["feature_flag.provider.name"] = hook_context.provider_metadata.name
    if details.error_code:
        attributes["error.type"] = str(details.error_code).lower()
        if details.error_message:
            attributes["feature_flag.error.message"] = details.error_message
    return attributes
