"""From what Kameleoon answers to what OpenFeature asks for: a value of a type, the reason, the error, the metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, Reason

from kameleoon.exceptions import FeatureNotFound, VisitorCodeInvalid
from kameleoon.types.variation import Variation
from kameleoon.visitor import Details

__all__ = ["KINDS", "Kind", "Unfit", "failure", "reason_of", "resolved"]

T = TypeVar("T")
_VALUE, _METADATA = "value", "metadata"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Unfit(Exception):
    """A value cannot be given: the error's code and a message."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


class Kind:
    """A type that OpenFeature asks for: its name, and how a value is read as one."""

    def __init__(self, name: str, read: Callable[[Any], Any]) -> None:
        self.name: str = name
        self._read = read

    def fits(self, value: Any) -> bool:
        """Whether the value is one of this type."""
        return self._read(value) is not None

    def read(self, key: str, value: Any) -> Any:
        """The value. Raises ``Unfit``."""
        found = self._read(value)
        if found is not None:
            return found
        if self.name == "object" and value is None:
            raise Unfit(
                ErrorCode.PARSE_ERROR, f"variable {key!r} has no value: what the data file has is null, or no JSON"
            )
        raise Unfit(ErrorCode.TYPE_MISMATCH, f"variable {key!r} is {value!r}, no {self.name}")


def _integer(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


KINDS = {
    kind.name: kind
    for kind in (
        Kind("boolean", lambda value: value if isinstance(value, bool) else None),
        Kind("string", lambda value: value if isinstance(value, str) else None),
        Kind("integer", _integer),
        Kind("float", _float),
        Kind("object", lambda value: value if isinstance(value, (dict, list)) else None),
    )
}


def resolved(
    details: Details, kind: Kind, default: T, variable_key: str | None, *, is_stale: bool
) -> FlagResolutionDetails[T]:
    """The answer to a question of OpenFeature's."""
    variation = details.variation
    if variation is None:
        if details.reason in ("disabled", "consent refused"):
            reason = Reason.DISABLED if details.reason == "disabled" else Reason.DEFAULT
            return FlagResolutionDetails(default, reason=reason, flag_metadata=_NOTHING)
        return failure(default, *_error(details.error))
    try:
        value = _value(variation, kind, variable_key)
    except Unfit as unfit:
        return failure(default, unfit.code, str(unfit))
    return FlagResolutionDetails(
        value, reason=reason_of(details, is_stale=is_stale), variant=variation.key, flag_metadata=_metadata(details)
    )


def failure(default: T, code: ErrorCode, message: str) -> FlagResolutionDetails[T]:
    """The default, and why."""
    return FlagResolutionDetails(
        default, error_code=code, error_message=message, reason=Reason.ERROR, flag_metadata=_NOTHING
    )


def reason_of(details: Details, *, is_stale: bool) -> Reason:
    """OpenFeature's reason (docs/openfeature.md#reasons)."""
    if is_stale:
        return Reason.STALE
    if details.reason == "targeted":
        return Reason.SPLIT if details.is_split else Reason.TARGETING_MATCH if details.has_segment else Reason.STATIC
    if details.reason in ("forced", "simulated"):
        return Reason.TARGETING_MATCH
    if details.reason == "overridden" or not details.has_rules:
        return Reason.STATIC
    return Reason.DEFAULT


def _error(error: Exception | None) -> tuple[ErrorCode, str]:
    if isinstance(error, FeatureNotFound):
        return ErrorCode.FLAG_NOT_FOUND, str(error)
    if isinstance(error, VisitorCodeInvalid):
        return ErrorCode.INVALID_CONTEXT, f"the targeting key cannot be a visitor code: {error}"
    return ErrorCode.GENERAL, str(error)


def _value(variation: Variation, kind: Kind, variable_key: str | None) -> Any:
    """The value of the variable that is meant (docs/openfeature.md#values). Raises ``Unfit``."""
    variables = variation.variables
    if variable_key is None and _VALUE in variables:
        variable_key = _VALUE
    if variable_key is not None:
        variable = variables.get(variable_key)
        if variable is None:
            raise Unfit(ErrorCode.FLAG_NOT_FOUND, _missing(variation, repr(variable_key)))
        return kind.read(variable_key, variable.value)
    values = [variable.value for variable in variables.values()]
    if kind.name == "boolean":
        truths = [value for value in values if isinstance(value, bool)]
        return truths[0] if len(truths) == 1 else variation.is_active
    for value in values:
        if kind.fits(value):
            return kind.read(_VALUE, value)
    raise Unfit(ErrorCode.TYPE_MISMATCH, _missing(variation, f"of type {kind.name}"))


def _missing(variation: Variation, which: str) -> str:
    known = ", ".join(map(repr, variation.variables)) or "none"
    return f"variation {variation.key!r} has no variable {which} (it has {known})"


def _metadata(details: Details) -> Mapping[str, Any]:
    """What is known beside the value: ids, where there are some, and the scalars of a JSON variable ``metadata``."""
    variation = details.variation
    if variation is None:
        return _NOTHING
    metadata: dict[str, Any] = {}
    own = variation.variables.get(_METADATA)
    if own is not None and isinstance(own.value, dict):
        metadata.update((key, value) for key, value in own.value.items() if isinstance(value, (bool, int, float, str)))
    if variation.experiment_id is not None:
        metadata["experimentId"] = variation.experiment_id
    if variation.id_ is not None:
        metadata["variationId"] = variation.id_
    if details.rule_id is not None:
        metadata["ruleId"] = details.rule_id
    return MappingProxyType(metadata)
