"""optimizely-sdk: pure Python. Events are built and queued; the dispatcher throws them away."""

from __future__ import annotations

import json
from typing import Any, Callable

from benches import work
from benches.players import (
    ALL_FLAGS,
    ATTRIBUTES,
    EVALUATION,
    REQUEST,
    TARGETED,
    TIERS,
    UNRECORDED,
    Case,
    Player,
    keywords,
    loop,
)  # fmt: skip


def _data_file(flags: int, *, targeted: bool) -> str:
    experiments, features = [], []
    for number in range(flags):
        variations = [
            {"id": str(40_000 + 2 * number + place), "key": key, "featureEnabled": True, "variables": []}
            for place, key in enumerate(("off", "on"))
        ]
        shares = [
            {"entityId": variations[0]["id"], "endOfRange": 5000},
            {"entityId": variations[1]["id"], "endOfRange": 10_000},
        ]
        experiments.append({
            "id": str(20_000 + number), "key": f"experiment_{number}", "status": "Running", "forcedVariations": {},
            "layerId": str(30_000 + number), "audienceIds": ["7"] if targeted else [], "variations": variations,
            "audienceConditions": ["or", "7"] if targeted else [], "trafficAllocation": shares,
        })  # fmt: skip
        features.append({
            "id": str(50_000 + number), "key": f"flag_{number}", "experimentIds": [str(20_000 + number)],
            "rolloutId": "", "variables": [],
        })  # fmt: skip

    def match(name: str, kind: str, value: Any) -> list[Any]:
        return ["or", {"name": name, "type": "custom_attribute", "match": kind, "value": value}]

    five = [
        "and", ["or", match("plan", "exact", "premium")], ["or", match("age", "gt", 18)],
        ["or", ["or", *(match("tier", "exact", tier) for tier in TIERS)]],
        ["or", match("appVersion", "semver_gt", "3.4.0")], ["or", match("country", "exact", "FR")],
    ]  # fmt: skip
    placeholder = match("$opt_dummy_attribute", "exact", "x")
    return json.dumps({
        "version": "4", "accountId": "1", "projectId": "2", "revision": "3", "anonymizeIP": True, "events": [],
        "botFiltering": False, "sendFlagDecisions": False, "experiments": experiments, "featureFlags": features,
        "typedAudiences": [{"id": "7", "name": "five", "conditions": five}] if targeted else [],
        "audiences": [{"id": "7", "name": "five", "conditions": json.dumps(placeholder)}] if targeted else [],
        "groups": [], "rollouts": [], "variables": [], "layers": [], "integrations": [], "sdkKey": "",
        "environmentKey": "production",
        "attributes": [{"id": str(60 + place), "key": key} for place, key in enumerate(ATTRIBUTES)],
    })  # fmt: skip


class Optimizely(Player):
    requirement = "optimizely-sdk==5.7.0"
    imports = "from optimizely import optimizely"

    def client(self, flags: int = 1, *, targeted: bool = False, record: bool = True) -> Any:
        from optimizely.optimizely import Optimizely as Client

        class Dispatcher:
            @staticmethod
            def dispatch_event(event: Any) -> None:
                pass

        options = [] if record else ["DISABLE_DECISION_EVENT"]
        text = _data_file(flags, targeted=targeted)
        client = Client(text, event_dispatcher=Dispatcher, default_decide_options=options)
        decision = client.create_user_context("alice", ATTRIBUTES).decide("flag_0")
        assert decision.variation_key in {"off", "on"}
        return client

    def cases(self) -> dict[str, Callable[[], Case]]:
        def case(attributes: str, *, targeted: bool = False, record: bool = True) -> Callable[[], Case]:
            calls = f"U(item, {attributes}).decide('flag_0').variation_key"

            def make() -> Case:
                client = self.client(targeted=targeted, record=record)
                return Case(loop(calls, U=client.create_user_context), self.codes)

            return make

        def targeted() -> Case:
            client = self.client(targeted=True)
            known = [client.create_user_context(code, ATTRIBUTES) for code in self.codes]
            return Case(loop("item.decide('flag_0').variation_key"), known)

        def all_flags() -> Case:
            client = self.client(work.FLAGS)
            known = [client.create_user_context(code, {}) for code in self.codes[:500]]
            return Case(loop("item.decide_all()"), known, 5)

        return {
            EVALUATION: case("{}"),
            UNRECORDED: case("{}", record=False),
            TARGETED: targeted,
            REQUEST: case(keywords(ATTRIBUTES), targeted=True),
            ALL_FLAGS: all_flags,
        }
