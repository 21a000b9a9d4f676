"""statsig-python-core: a Rust core over PyO3. Fetches its specs from the local service, and logs to it."""

from __future__ import annotations

import json
from typing import Any, Callable

from benches import work
from benches.players import ALL_FLAGS, BOOLEAN, EVALUATION, REQUEST, TARGETED, TIERS, UNRECORDED, Case, Player, loop


class Statsig(Player):
    requirement = "statsig-python-core==0.24.2"
    imports = "import statsig_python_core"

    def client(self, account: str) -> Any:
        from statsig_python_core import Statsig as Client
        from statsig_python_core import StatsigOptions

        options = StatsigOptions(
            specs_url=f"{self.origin}/statsig/{account}",
            log_event_url=f"{self.origin}/statsig/log_event",
            fallback_to_statsig_api=False,
            enable_id_lists=False,
            disable_disk_access=True,
        )
        client = Client("secret-bench", options)
        client.initialize().wait()
        assert client.get_initialize_details().is_config_spec_ready
        return client

    def cases(self) -> dict[str, Callable[[], Case]]:
        from statsig_python_core import ExperimentEvaluationOptions, StatsigUser

        silent = ExperimentEvaluationOptions(disable_exposure_logging=True)
        users = [StatsigUser(user_id=code) for code in self.codes]
        custom = {"plan": "premium", "age": 34, "tier": "gold"}
        make = f"U(user_id=item, country='FR', app_version='3.4.1', custom={custom!r})"

        def experiment(user: str, option: str = "") -> Callable[[list[Any]], None]:
            client = self.client("targeted" if user == make else "one")
            call = f"f({user}, 'flag_0'{option}).get('value', 'none')"
            return loop(call, f=client.get_experiment, U=StatsigUser, o=silent)

        def targeted() -> Case:
            client = self.client("targeted")
            known = [StatsigUser(user_id=code, country="FR", app_version="3.4.1", custom=custom) for code in self.codes]
            assert client.get_experiment(known[0], "flag_0").get("value", "none") in {"off", "on"}
            assert client.get_experiment(users[0], "flag_0").get("value", "none") == "none", "the conditions count"
            return Case(loop("f(item, 'flag_0').get('value', 'none')", f=client.get_experiment), known)

        def all_flags() -> Case:
            client = self.client("many")
            answer = client.get_client_initialize_response(users[0], hash="none")
            assert len(json.loads(answer)["dynamic_configs"]) == work.FLAGS
            return Case(loop("f(item, hash='none')", f=client.get_client_initialize_response), users[:500], 5)

        return {
            BOOLEAN: lambda: Case(loop("f(item, 'gate_0')", f=self.client("one").check_gate), users),
            EVALUATION: lambda: Case(experiment("item"), users),
            UNRECORDED: lambda: Case(experiment("item", ", o"), users),
            TARGETED: targeted,
            REQUEST: lambda: Case(experiment(make), self.codes),
            ALL_FLAGS: all_flags,
        }


def specs(account: str) -> dict[str, Any]:
    """What the service serves: 50/50 experiments, one behind a gate with five conditions, and a gate of a half."""
    conditions: dict[str, Any] = {}
    configs: dict[str, Any] = {}

    def condition(
        name: str, kind: str, target: Any, operator: str | None, field: str | None = None, **more: Any
    ) -> str:
        conditions[name] = {
            "type": kind, "targetValue": target, "operator": operator, "field": field,
            "additionalValues": more, "idType": "userID",
        }  # fmt: skip
        return name

    def rule(name: str, passes: list[str], value: Any, share: int = 100, **more: Any) -> dict[str, Any]:
        return {
            "name": name, "groupName": name, "passPercentage": share, "conditions": passes, "returnValue": value,
            "id": name, "salt": name, "idType": "userID", **more,
        }  # fmt: skip

    def experiment(key: str, before: list[dict[str, Any]]) -> None:
        salt = {"salt": f"salt-{key}"}
        half = condition(f"half-{key}", "user_bucket", 500, "lt", **salt)
        whole = condition(f"whole-{key}", "user_bucket", 1000, "lt", **salt)
        groups = [
            rule(f"control-{key}", [half], {"value": "off"}, isExperimentGroup=True),
            rule(f"test-{key}", [whole], {"value": "on"}, isExperimentGroup=True),
        ]
        configs[key] = {
            "type": "dynamic_config", "salt": f"salt-{key}", "enabled": True, "defaultValue": {},
            "rules": before + groups, "idType": "userID", "entity": "experiment", "version": 3, "isActive": True,
            "hasSharedParams": False,
        }  # fmt: skip

    def gate(key: str, passes: list[str], share: int) -> dict[str, Any]:
        return {
            "type": "feature_gate", "salt": key, "enabled": True, "defaultValue": False,
            "rules": [rule(f"rule-{key}", passes, True, share)], "idType": "userID", "entity": "feature_gate",
            "version": 2,
        }  # fmt: skip

    gates = {"gate_0": gate("gate_0", [condition("public", "public", None, None)], 50)}
    if account == "targeted":
        five = [
            condition("plan", "user_field", ["premium"], "any", "plan", custom_field="plan"),
            condition("age", "user_field", 18, "gt", "age", custom_field="age"),
            condition("tier", "user_field", TIERS, "any", "tier", custom_field="tier"),
            condition("version", "user_field", "3.4", "version_gt", "appVersion"),
            condition("country", "user_field", ["FR"], "any", "country"),
        ]
        gates["target"] = gate("target", five, 100)
        fails = condition("fails", "fail_gate", "target", None)
        experiment("flag_0", [rule("targetingGate", [fails], {})])
    else:
        for number in range(work.FLAGS if account == "many" else 1):
            experiment(f"flag_{number}", [])
    return {
        "dynamic_configs": configs, "feature_gates": gates, "layer_configs": {}, "experiment_to_layer": {},
        "condition_map": conditions, "has_updates": True, "time": 1_729_873_603_830, "company_id": "x",
        "response_format": "dcs-v2", "id_lists": {}, "diagnostics": {"download_config_specs": 0, "initialize": 0, "api_call": 0},
    }  # fmt: skip
