"""UnleashClient over yggdrasil-engine (a Rust core behind JSON), bootstrapped from a dict. It records counts only."""

from __future__ import annotations

import tempfile
from typing import Any, Callable

from benches.players import ATTRIBUTES, EVALUATION, REQUEST, TARGETED, TIERS, Case, Player, keywords, loop

CONTEXT = {**{key: str(value) for key, value in ATTRIBUTES.items()}}


def _constraint(name: str, operator: str, values: list[str] | None = None, value: str | None = None) -> dict[str, Any]:
    return {
        "contextName": name, "operator": operator, "values": values or [], "value": value, "inverted": False,
        "caseInsensitive": False,
    }  # fmt: skip


FIVE = [
    _constraint("plan", "IN", ["premium"]),
    _constraint("age", "NUM_GT", value="18"),
    _constraint("tier", "IN", TIERS),
    _constraint("appVersion", "SEMVER_GT", value="3.4.0"),
    _constraint("country", "IN", ["FR"]),
]


class Unleash(Player):
    requirement = "UnleashClient==6.9.1"
    imports = "from UnleashClient import UnleashClient"

    def variant(self, constraints: list[dict[str, Any]]) -> Any:
        from UnleashClient import UnleashClient
        from UnleashClient.cache import FileCache

        strategy = {
            "name": "flexibleRollout", "parameters": {"rollout": "100", "stickiness": "userId", "groupId": "flag_0"},
            "constraints": constraints, "segments": [],
            "variants": [{"name": name, "weight": 500, "stickiness": "userId"} for name in ("off", "on")],
        }  # fmt: skip
        feature = {
            "name": "flag_0", "enabled": True, "type": "experiment", "description": "", "project": "default",
            "strategies": [strategy],
        }  # fmt: skip
        cache = FileCache("bench", directory=tempfile.mkdtemp())
        cache.bootstrap_from_dict({"version": 2, "features": [feature]})
        client = UnleashClient(
            url="http://127.0.0.1:9/api", app_name="bench", disable_metrics=True, disable_registration=True,
            cache=cache, refresh_interval=3600,
        )  # fmt: skip
        client.initialize_client(fetch_toggles=False)
        assert client.get_variant("flag_0", {"userId": "alice", **CONTEXT})["name"] in {"off", "on"}
        return client.get_variant

    def cases(self) -> dict[str, Callable[[], Case]]:
        def case(context: str, constraints: list[dict[str, Any]]) -> Callable[[], Case]:
            def make() -> Case:
                items: list[Any] = self.codes
                if context == "item":
                    items = [{"userId": code, **CONTEXT} for code in self.codes]
                return Case(loop(f"f('flag_0', {context})['name']", f=self.variant(constraints)), items)

            return make

        return {
            EVALUATION: case("{'userId': item}", []),
            TARGETED: case("item", FIVE),
            REQUEST: case(keywords(CONTEXT)[:-1] + ", 'userId': item}", FIVE),
        }
