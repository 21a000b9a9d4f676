"""What a visitor gets of every flag, and why: the visitor's view on the page of the local platform.

A client of its own evaluates the data file, without any network, for one call: nothing is kept. Called by ``control``.

>>> answer = evaluate({"featureFlags": []}, {"visitor": "alice", "data": [{"kind": "Device", "device": "PHONE"}]})
>>> answer["visitor"], answer["flags"]
('alice', [])
"""

from __future__ import annotations

from typing import Any

from kameleoon.exceptions import FeatureExperimentNotFound, FeatureVariationNotFound, VisitorCodeInvalid
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.testing.data_file_reading import mapping
from kameleoon.testing.targeting_words import SegmentWords
from kameleoon.testing.visitor_form import ForcedVariation, FormMistake, read_row, required_text
from kameleoon.testing.words import in_words
from kameleoon.types.explanation import ConditionExplanation, Explanation, RuleExplanation, SegmentExplanation
from kameleoon.types.variation import Variation

__all__ = ["evaluate"]

_MOST_ROWS = 1000


def evaluate(data_file: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Every flag of the data file for the visitor of a request.

    The request has ``visitor`` (its code); ``data``, a list of rows as ``visitor_form`` reads them; ``consent`` (true,
    false, or null where the visitor never said). Raises ``FormMistake``.

    >>> evaluate({}, {"visitor": ""})
    Traceback (most recent call last):
    kameleoon.testing.visitor_form.FormMistake: visitor code: expected a text, got nothing
    """
    code = required_text(request.get("visitor"), "visitor code", None, "visitor")
    rows, consent = request.get("data") or [], request.get("consent")
    if not isinstance(rows, list) or len(rows) > _MOST_ROWS:
        raise FormMistake(f"data: expected a list of at most {_MOST_ROWS} rows", None, "data")
    if consent not in (None, True, False):
        raise FormMistake(f"consent: expected true, false or null, got {consent!r}", None, "consent")
    data = [read_row(row, number, data_file) for number, row in enumerate(rows)]
    with KameleoonClient("local-platform", KameleoonClientConfig.offline(data_file)) as client:
        try:
            client.add_data(code, *(datum for datum in data if not isinstance(datum, ForcedVariation)), track=False)
        except VisitorCodeInvalid as error:
            raise FormMistake(str(error), None, "visitor") from error
        if consent is not None:
            client.set_legal_consent(code, bool(consent))
        for row, datum in enumerate(data):
            if isinstance(datum, ForcedVariation):
                _force(client, code, row, datum)
        words = _Words(data_file)
        # All explanations first: an evaluation is saved, and targeting looks at what was saved.
        explanations = [client.explain(code, key) for key in client.get_feature_list()]
        together = client.get_variations(code, track=False)
        flags = [words.flag(explanation, together.get(explanation.feature_key)) for explanation in explanations]
        return {"visitor": code, "flags": flags}


def _force(client: KameleoonClient, code: str, row: int, forced: ForcedVariation) -> None:
    try:
        client.set_forced_variation(code, forced.experiment, forced.variation, force_targeting=forced.is_targeted)
    except FeatureExperimentNotFound as error:
        raise FormMistake(str(error), row, "experiment") from error
    except FeatureVariationNotFound as error:
        raise FormMistake(str(error), row, "variation") from error


class _Words:
    """Explanations as JSON, with the data file's own conditions in words."""

    def __init__(self, data_file: dict[str, Any]) -> None:
        self._segments = SegmentWords(data_file)
        self._rules = {
            (flag["key"], rule["id"]): rule["title"] for flag in in_words(data_file)["flags"] for rule in flag["rules"]
        }

    def flag(self, explanation: Explanation, together: Variation | None) -> dict[str, Any]:
        """``together`` is what the flag gives where all are evaluated in one call."""
        alone = explanation.variation
        shown: set[int] = set()
        rules = [self._rule(explanation.feature_key, rule, shown) for rule in explanation.rules]
        is_same = (alone and alone.key) == (together and together.key)
        return {
            "key": explanation.feature_key,
            "variation": None if alone is None else _variation(alone),
            "because": _because(explanation, rules),
            "together": None if is_same or together is None else together.key,
            "steps": explanation.steps,
            "rules": rules,
        }

    def _rule(self, feature_key: str, rule: RuleExplanation, shown: set[int]) -> dict[str, Any]:
        title = self._rules.get((feature_key, rule.rule_id), f"Rule {rule.rule_id}")
        segment = None if rule.segment is None else self._segment(rule.segment, shown)
        return {"title": title, "result": rule.result, "is_decided": rule.decided, "segment": segment}

    def _segment(self, segment: SegmentExplanation, shown: set[int]) -> dict[str, Any]:
        """A segment that several conditions refer to is shown once."""
        found: dict[str, Any] = {"id": segment.segment_id, "holds": segment.targeted, "groups": [], "operators": []}
        if id(segment) in shown:
            return {**found, "is_above": True}
        shown.add(id(segment))
        written = self._segments.conditions_of(segment.segment_id) or []
        between, inside = self._segments.operators_of(segment.segment_id)
        found["operators"] = [_joint(between, position) for position in range(len(segment.groups) - 1)]
        for position, group in enumerate(segment.groups):
            conditions = written[position] if position < len(written) else []
            operators = inside[position] if position < len(inside) else []
            entry = {
                "conditions": [
                    self._condition(condition, conditions[number] if number < len(conditions) else {}, shown)
                    for number, condition in enumerate(group)
                ],
                "operators": [_joint(operators, number) for number in range(len(group) - 1)],
            }
            found["groups"].append(entry)
        return found

    def _condition(self, condition: ConditionExplanation, written: dict[str, Any], shown: set[int]) -> dict[str, Any]:
        is_the_same = mapping(written).get("targetingType", "") == condition.type
        words = self._segments.conditions.phrase(written) if is_the_same else f"{condition.type} {condition.definition}"
        return {
            "words": words,
            "holds": condition.holds,
            "has": condition.visitor_has,
            "segment": None if condition.segment is None else self._segment(condition.segment, shown),
        }


def _joint(operators: list[Any], position: int) -> str:
    """The word between two items; empty where the operator is missing: then the left one does not count."""
    operator = operators[position] if position < len(operators) else None
    return "" if operator is None else "or" if operator is True else "and"


def _because(explanation: Explanation, rules: list[dict[str, Any]]) -> str:
    """Why, in a few words."""
    if explanation.variation is None:
        return explanation.reason or ""
    decided = next((rule["title"] for rule in rules if rule["is_decided"]), None)
    if explanation.variation.experiment_id is not None and decided:
        return str(decided)
    return "the default" if decided is None else f"the default, by {decided}"


def _variation(variation: Variation) -> dict[str, Any]:
    return {
        "key": variation.key,
        "name": variation.name,
        "id": variation.id_,
        "experiment": variation.experiment_id,
        "is_active": variation.is_active,
        "variables": {key: variable.value for key, variable in variation.variables.items()},
    }
