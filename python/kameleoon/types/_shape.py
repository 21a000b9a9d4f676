"""What results look like to ``dataclasses``, ``json`` and Pydantic. Imported by those alone who ask."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

from kameleoon.types.variable import Variable
from kameleoon.types.variation import Variation

__all__ = ["core_schema", "dataclass_fields", "dataclass_parameters", "to_dict"]


@dataclasses.dataclass(frozen=True)
class _VariableShape:
    key: str
    type: str
    value: Any


@dataclasses.dataclass(frozen=True)
class _VariationShape:
    key: str
    name: str
    id_: Optional[int]
    experiment_id: Optional[int]
    is_active: bool = dataclasses.field(init=False)
    variables: dict[str, Variable]


def _shape(owner: type) -> Any:
    return _VariationShape if issubclass(owner, Variation) else _VariableShape


def dataclass_fields(owner: type) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a class of results, as those of a dataclass."""
    fields: dict[str, dataclasses.Field[Any]] = _shape(owner).__dataclass_fields__
    return fields


def dataclass_parameters(owner: type) -> Any:
    """How a dataclass with these fields would have been made."""
    return _shape(owner).__dataclass_params__


def to_dict(result: Variation | Variable) -> dict[str, Any]:
    """A result as a dict, with everything in it."""
    if isinstance(result, Variable):
        return {"key": result.key, "type": result.type, "value": result.value}
    return {
        "key": result.key,
        "name": result.name,
        "id_": result.id_,
        "experiment_id": result.experiment_id,
        "is_active": result.is_active,
        "variables": {key: to_dict(variable) for key, variable in result.variables.items()},
    }


def core_schema(owner: type) -> Any:
    """Pydantic's schema: it takes an object of the class or a dict like that of ``to_dict``, and writes such a dict."""
    from pydantic_core import core_schema as schemas  # Pydantic's, who asks

    return schemas.no_info_before_validator_function(
        _variation if owner is Variation else _variable,
        schemas.is_instance_schema(owner),
        serialization=schemas.plain_serializer_function_ser_schema(to_dict, return_schema=schemas.dict_schema()),
    )


def _variation(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    variables = {key: _variable(variable) for key, variable in value.get("variables", {}).items()}
    return Variation(
        _needed(value, "key"), value.get("id_"), value.get("experiment_id"), variables, value.get("name", "")
    )


def _variable(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return Variable(_needed(value, "key"), _needed(value, "type"), value.get("value"))


def _needed(value: dict[str, Any], name: str) -> Any:
    if name not in value:
        raise ValueError(f"{name!r} is missing")
    return value[name]
