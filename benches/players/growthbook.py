"""growthbook: pure Python, features from a dict."""

from __future__ import annotations

from typing import Any, Callable

from benches.players import ATTRIBUTES, EVALUATION, REQUEST, TARGETED, TIERS, UNRECORDED, Case, Player, keywords, loop

FIVE = {
    "plan": "premium",
    "age": {"$gt": 18},
    "tier": {"$in": TIERS},
    "appVersion": {"$vgt": "3.4"},
    "country": "FR",
}


class GrowthBook(Player):
    requirement = "growthbook==4.0.0"
    imports = "import growthbook"

    def client(self, condition: dict[str, Any] | None, *, record: bool) -> Any:
        from growthbook import GrowthBook as Client

        rule: dict[str, Any] = {
            "key": "experiment", "hashAttribute": "id", "seed": "flag_0", "hashVersion": 2, "coverage": 1.0,
            "weights": [0.5, 0.5], "variations": ["off", "on"], "meta": [{"key": "0"}, {"key": "1"}],
        }  # fmt: skip
        if condition:
            rule["condition"] = condition
        features = {"flag_0": {"defaultValue": "none", "rules": [rule]}}

        def viewed(**_: Any) -> None:
            pass

        client = Client(features=features, **({"on_experiment_viewed": viewed} if record else {}))
        client.set_attributes({"id": "alice", **ATTRIBUTES})
        assert client.get_feature_value("flag_0", "none") in {"off", "on"}
        return client

    def cases(self) -> dict[str, Callable[[], Case]]:
        def case(attributes: str, condition: dict[str, Any] | None, *, record: bool) -> Callable[[], Case]:
            def make() -> Case:
                client = self.client(condition, record=record)
                items: list[Any] = self.codes
                if attributes == "item":
                    items = [{"id": code, **ATTRIBUTES} for code in self.codes]
                calls = f"s({attributes}); f('flag_0', 'none')"
                return Case(loop(calls, s=client.set_attributes, f=client.get_feature_value), items)

            return make

        made = keywords(ATTRIBUTES)[:-1] + ", 'id': item}"
        return {
            EVALUATION: case("{'id': item}", None, record=True),
            UNRECORDED: case("{'id': item}", None, record=False),
            TARGETED: case("item", FIVE, record=True),
            REQUEST: case(made, FIVE, record=True),
        }
