"""The steps of OpenFeature's scenarios, on our provider."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import Hook
from openfeature.transaction_context import ContextVarsTransactionContextPropagator
from pytest_bdd import given, parsers, then, when

from kameleoon import KameleoonClientConfig
from kameleoon.openfeature import KameleoonProvider
from kameleoon.testing import Fault, FaultKind, Platform, ServiceName
from tests.open_feature.flags import data_file

VISITOR = "visitor"
"""OpenFeature's scenarios name nobody; Kameleoon asks for somebody, so the API's context does."""


class State(SimpleNamespace):
    """What the steps of a scenario hand on."""

    client: OpenFeatureClient
    details: FlagEvaluationDetails[Any]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(data_file()) as platform:
        yield platform


@pytest.fixture
def state(platform: Platform) -> Iterator[State]:
    logging.getLogger("openfeature").setLevel(logging.CRITICAL)
    yield State(platform=platform, context={}, hooks=[], default=None)
    api.shutdown()
    api.clear_providers()
    api.clear_hooks()
    api.set_evaluation_context(EvaluationContext())


def provider_of(platform: Platform, timeout: float = 5.0) -> KameleoonProvider:
    config = KameleoonClientConfig("id", "secret", endpoint=platform.origin, top_level_domain="example.com")
    return KameleoonProvider("site", config, timeout=timeout)


def value_of(kind: str, text: str) -> Any:
    kind = kind.lower()
    if text == "null":
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "integer":
        return int(text)
    if kind == "float":
        return float(text)
    return json.loads(text.replace('\\"', '"')) if kind == "object" else text


# Providers


@given("a stable provider")
def stable(state: State) -> None:
    api.set_evaluation_context(EvaluationContext(VISITOR))
    api.set_provider_and_wait(provider_of(state.platform))
    state.client = api.get_client()


@given(parsers.re(r"an? (?P<kind>not ready|error|fatal|stale) provider"))
def other(state: State, kind: str) -> None:
    api.clear_providers()  # whose successor fails is not shut down by OpenFeature
    if kind == "not ready":  # the service does not answer, so the initialization goes on
        state.platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.BLACK_HOLE))
    elif kind == "error":
        state.platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=500))
    elif kind == "fatal":
        state.platform.faults.set(ServiceName.CONFIGURATION, Fault(FaultKind.STATUS, status=403))
    provider = provider_of(state.platform, timeout=5.0 if kind == "not ready" else 1.0)
    if kind == "not ready":
        api.set_provider(provider)
    else:
        try:
            api.set_provider_and_wait(provider)
        except Exception as error:  # noqa: BLE001  # that is what it is for
            assert kind in ("error", "fatal"), error
    if kind == "stale":  # that takes a minute: see test_events.py
        provider.emit_provider_stale(ProviderEventDetails())
    state.client = api.get_client()


# Questions


@given(parsers.re(r'an? (?P<kind>\w+)-flag with key "(?P<key>.*)" and a fallback value "(?P<default>.*)"'))
def flag(state: State, kind: str, key: str, default: str) -> None:
    state.kind, state.key, state.default = kind.lower(), key, value_of(kind, default)


@given(parsers.re(r'a context containing a key "(?P<key>.*)", with type "(?P<kind>.*)" and with value "(?P<value>.*)"'))
def context(state: State, key: str, kind: str, value: str) -> None:
    state.context[key] = value_of(kind, value)


@given(parsers.re(r'a context containing a key "(?P<key>.*)" with null value'))
def null_context(state: State, key: str) -> None:
    state.context[key] = None


def ask(state: State, key: str, kind: str, default: Any, options: Any = None) -> FlagEvaluationDetails[Any]:
    question = getattr(state.client, f"get_{kind}_details")
    return question(key, default, EvaluationContext(attributes=dict(state.context)), options)


@when("the flag was evaluated with details")
def evaluated(state: State) -> None:
    state.details = ask(state, state.key, state.kind, state.default)


@when("the flag was evaluated with details asynchronously")
def evaluated_asynchronously(state: State) -> None:
    question = getattr(state.client, f"get_{state.kind}_details_async")
    state.details = asyncio.run(question(state.key, state.default))


@then("the evaluation should complete without blocking")
def not_blocked(state: State) -> None:
    assert state.details is not None


# Answers


@then(parsers.re(r'the resolved details value should be "(?P<value>.*)"'))
def value_is(state: State, value: str) -> None:
    expected = value_of(state.kind, value)
    assert state.details.value == expected and type(state.details.value) is type(expected)


@then(parsers.re(r'the reason should be "(?P<reason>.*)"'))
def reason_is(state: State, reason: str) -> None:
    assert state.details.reason == reason


@then(parsers.re(r'the error-code should be "(?P<code>.*)"'))
def code_is(state: State, code: str) -> None:
    assert state.details.error_code == code


@then(parsers.re(r'the variant should be "(?P<variant>.*)"'))
def variant_is(state: State, variant: str) -> None:
    assert state.details.variant == variant


@then(parsers.re(r'the flag key should be "(?P<key>.*)"'))
def key_is(state: State, key: str) -> None:
    assert state.details.flag_key == key


@then("the resolved metadata should contain")
def metadata_contains(state: State, datatable: list[list[str]]) -> None:
    for key, kind, value in datatable[1:]:
        assert state.details.flag_metadata[key] == value_of(kind, value)


@then("the resolved metadata is empty")
def metadata_is_empty(state: State) -> None:
    assert state.details.flag_metadata == {}


@then(parsers.re(r'the provider status should be "(?P<status>.*)"'))
def status_is(state: State, status: str) -> None:
    assert state.client.get_provider_status().name == status


# Hooks


class Recorder(Hook):
    def __init__(self, calls: list[tuple[str, Any]], name: str = "") -> None:
        self.calls, self.name = calls, name

    def _note(self, stage: str, details: Any = None) -> None:
        self.calls.append((self.name + stage, details))

    def before(self, hook_context: Any, hints: Any) -> None:
        self._note("before")

    def after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._note("after", details)

    def error(self, hook_context: Any, exception: Any, hints: Any) -> None:
        self._note("error")

    def finally_after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._note("finally", details)


@given("a client with added hook")
def client_with_hook(state: State) -> None:
    state.calls = []
    state.client.add_hooks([Recorder(state.calls)])


@then(parsers.re(r'the "(?P<stage>\w+)" hook should have been executed'))
def hook_ran(state: State, stage: str) -> None:
    assert stage in [name for name, _ in state.calls]


@then(parsers.re(r'the "(?P<stages>.*)" hooks should be called with evaluation details'))
def hooks_got(state: State, stages: str, datatable: list[list[str]]) -> None:
    for stage in stages.split(", "):
        (details,) = [details for name, details in state.calls if name == stage]
        for kind, key, value in datatable[1:]:
            assert getattr(details, key) == value_of(kind, value)


@given("evaluation options containing specific hooks")
def options(state: State) -> None:
    state.calls = []
    state.options = FlagEvaluationOptions(hooks=[Recorder(state.calls, "first "), Recorder(state.calls, "second ")])


@when("the flag was evaluated with details using the evaluation options")
def evaluated_with_options(state: State) -> None:
    state.details = ask(state, state.key, state.kind, state.default, state.options)


@then("the specified hooks should execute during evaluation")
def hooks_ran(state: State) -> None:
    assert len(state.calls) == 6


@then("the hook order should be maintained")
def order(state: State) -> None:
    stages = [name for name, _ in state.calls]
    before, after = stages[:2], stages[2:4]
    assert before == ["first before", "second before"] and after == ["second after", "first after"]


# What must not change


@given("an evaluation context with modifiable data")
def modifiable(state: State) -> None:
    state.context = {"customData": {"index": 1, "values": ["a"]}, "email": "x"}
    state.before = json.dumps(state.context)


@then("the original evaluation context should remain unmodified")
def unmodified(state: State) -> None:
    assert json.dumps(state.context) == state.before


@then("the evaluation details should be immutable")
def immutable(state: State) -> None:
    """As far as the provider makes them: the metadata. The details themselves are a class of OpenFeature's SDK."""
    with pytest.raises(TypeError):
        state.details.flag_metadata["x"] = 1


# Contexts that are merged


class ContextKeeper(KameleoonProvider):
    """Keeps the context that it is given."""

    seen: EvaluationContext | None = None

    def resolve_boolean_details(self, flag_key: str, default_value: bool, evaluation_context: Any = None) -> Any:
        self.seen = evaluation_context
        return super().resolve_boolean_details(flag_key, default_value, evaluation_context)


class Adder(Hook):
    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes

    def before(self, hook_context: Any, hints: Any) -> EvaluationContext:
        return EvaluationContext(attributes=self.attributes)


@given("a stable provider with retrievable context is registered")
def retrievable(state: State) -> None:
    api.set_transaction_context_propagator(ContextVarsTransactionContextPropagator())
    api.set_transaction_context(EvaluationContext())
    config = KameleoonClientConfig("id", "secret", endpoint=state.platform.origin, top_level_domain="example.com")
    state.keeper = ContextKeeper("site", config)
    api.set_provider_and_wait(state.keeper)
    state.levels = {}


@given(
    parsers.re(
        r'A context entry with key "(?P<key>.*)" and value "(?P<value>.*)" is added to the "(?P<level>.*)" level'
    )
)
def entry(state: State, key: str, value: str, level: str) -> None:
    state.levels.setdefault(level, {})[key] = value


@given("A table with levels of increasing precedence")
def levels(state: State, datatable: list[list[str]]) -> None:
    state.order = [row[0] for row in datatable]


@given(
    parsers.re(
        r'Context entries for each level from API level down to the "(?P<last>.*)" level, with key "(?P<key>.*)" '
        r'and value "(?P<value>.*)"'
    )
)
def entries(state: State, last: str, key: str, value: str) -> None:
    for level in state.order[: state.order.index(last) + 1]:
        state.levels.setdefault(level, {})[key] = level if level != last else value


@when("Some flag was evaluated")
def some_flag(state: State) -> None:
    api.set_evaluation_context(EvaluationContext(VISITOR, state.levels.get("API", {})))
    if "Transaction" in state.levels:
        api.set_transaction_context(EvaluationContext(attributes=state.levels["Transaction"]))
    client = api.get_client()
    client.context = EvaluationContext(attributes=state.levels.get("Client", {}))
    if "Before Hooks" in state.levels:
        client.add_hooks([Adder(state.levels["Before Hooks"])])
    client.get_boolean_details("boolean-flag", False, EvaluationContext(attributes=state.levels.get("Invocation", {})))


@then(parsers.re(r'The merged context contains an entry with key "(?P<key>.*)" and value "(?P<value>.*)"'))
def merged(state: State, key: str, value: str) -> None:
    assert state.keeper.seen is not None and state.keeper.seen.attributes[key] == value


# The older wording


@when(
    parsers.re(
        r'an? (?P<kind>\w+) flag with key "(?P<key>[^"]*)" is evaluated with default value "?(?P<default>[^"]*)"?'
    )
)
@when(
    parsers.re(
        r'an? (?P<kind>\w+) flag with key "(?P<key>[^"]*)" is evaluated with details and default value '
        r'"?(?P<default>[^"]*)"?'
    )
)
def old_question(state: State, kind: str, key: str, default: str) -> None:
    flag(state, kind, key, default)
    evaluated(state)


@when(parsers.re(r'an object flag with key "(?P<key>[^"]*)" is evaluated (with details and|with) a null default value'))
def old_object(state: State, key: str) -> None:
    flag(state, "object", key, "{}")
    evaluated(state)


@then(parsers.re(r'the resolved (?P<kind>\w+) value should be "?(?P<value>[^"]*)"?'))
def old_value(state: State, kind: str, value: str) -> None:
    assert state.details.value == value_of(kind, value)


@then(
    parsers.re(
        r'the resolved (?P<kind>\w+) details value should be "?(?P<value>[^",]*)"?, the variant should be '
        r'"(?P<variant>\w+)", and the reason should be "(?P<reason>\w+)"'
    )
)
def old_details(state: State, kind: str, value: str, variant: str, reason: str) -> None:
    assert (state.details.value, state.details.variant) == (value_of(kind, value), variant)
    assert state.details.reason == reason


@then(parsers.re(r"the resolved object( details)? value should be contain fields .*"))
def old_fields(state: State) -> None:
    assert state.details.value == {"showImages": True, "title": "Check out these pics!", "imagesPerPage": 100}


@then(parsers.re(r'the variant should be "(?P<variant>\w+)", and the reason should be "(?P<reason>\w+)"'))
def old_variant(state: State, variant: str, reason: str) -> None:
    assert (state.details.variant, state.details.reason) == (variant, reason)


@when(
    parsers.re(r'context contains keys "fn", "ln", "age", "customer" with values "(.*)", "(.*)", (\d+), "(.*)"'),
)
def old_context(state: State) -> None:
    state.context = {"fn": "Sulisław", "ln": "Świętopełk", "age": 29, "customer": False}


@when(parsers.re(r'a flag with key "(?P<key>[^"]*)" is evaluated with default value "(?P<default>[^"]*)"'))
def old_flag(state: State, key: str, default: str) -> None:
    old_question(state, "string", key, default)


@then(parsers.re(r'the resolved string response should be "(?P<value>.*)"'))
def old_response(state: State, value: str) -> None:
    assert state.details.value == value


@then(parsers.re(r'the resolved flag value is "(?P<value>.*)" when the context is empty'))
def old_empty(state: State, value: str) -> None:
    state.context = {}
    api.set_evaluation_context(EvaluationContext("somebody-else"))  # the first one's data stay with it
    assert ask(state, state.key, "string", "").value == value


@when(
    parsers.re(
        r'a non-existent string flag with key "(?P<key>.*)" is evaluated with details and a fallback value "(?P<default>.*)"'
    )
)
def old_missing(state: State, key: str, default: str) -> None:
    old_question(state, "string", key, default)


@when(
    parsers.re(
        r'a string flag with key "(?P<key>.*)" is evaluated as an integer, with details and a fallback value (?P<default>\d+)'
    )
)
def old_wrong(state: State, key: str, default: str) -> None:
    old_question(state, "integer", key, default)


@then(parsers.re(r"the default (?P<kind>\w+) value should be returned"))
def old_default(state: State, kind: str) -> None:
    assert state.details.value == state.default


@then(parsers.re(r'the reason should indicate an error and the error code should indicate .* with "(?P<code>\w+)"'))
def old_error(state: State, code: str) -> None:
    assert (state.details.reason, state.details.error_code) == ("ERROR", code)
