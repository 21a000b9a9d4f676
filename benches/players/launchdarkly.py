"""launchdarkly-server-sdk: pure Python, flags from a file, events to the local service."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
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
    loop,
)  # fmt: skip


def _clause(attribute: str, operator: str, values: list[Any]) -> dict[str, Any]:
    return {"attribute": attribute, "op": operator, "values": values, "negate": False}


FIVE = [
    _clause("plan", "in", ["premium"]),
    _clause("age", "greaterThan", [18]),
    _clause("tier", "in", TIERS),
    _clause("appVersion", "semVerGreaterThan", ["3.4.0"]),
    _clause("country", "in", ["FR"]),
]


def _flag(key: str, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    rollout = {"rollout": {"variations": [{"variation": place, "weight": 50_000} for place in (0, 1)]}}
    return {
        "key": key, "version": 1, "on": True, "salt": key, "variations": ["off", "on", "none"], "offVariation": 2,
        "fallthrough": {"variation": 2} if clauses else rollout, "targets": [], "prerequisites": [], "deleted": False,
        "rules": [{"id": "five", "clauses": clauses, **rollout}] if clauses else [], "trackEvents": False,
    }  # fmt: skip


class LaunchDarkly(Player):
    requirement = "launchdarkly-server-sdk==9.18.2"
    imports = "import ldclient"

    def client(self, *, flags: int = 1, targeted: bool = False, record: bool = True) -> Any:
        from ldclient import Config, Context, LDClient
        from ldclient.integrations import Files

        keys = [f"flag_{number}" for number in range(flags)]
        path = Path(tempfile.mkdtemp()) / "flags.json"
        path.write_text(json.dumps({"flags": {key: _flag(key, FIVE if targeted else []) for key in keys}}))
        config = Config(
            "sdk-key", update_processor_class=Files.new_data_source(paths=[str(path)]), send_events=record,
            events_uri=self.origin, base_uri=self.origin, stream_uri=self.origin, diagnostic_opt_out=True,
        )  # fmt: skip
        client = LDClient(config, start_wait=5)
        alice = Context.from_dict({"kind": "user", "key": "alice", **ATTRIBUTES})
        assert client.variation("flag_0", alice, "none") in {"off", "on"}
        return client

    def cases(self) -> dict[str, Callable[[], Case]]:
        from ldclient import Context

        made = "B(item)" + "".join(f".set({key!r}, {value!r})" for key, value in ATTRIBUTES.items()) + ".build()"

        def case(context: str, *, targeted: bool = False, record: bool = True) -> Callable[[], Case]:
            names = {"C": Context.create, "B": Context.builder}
            return lambda: Case(
                loop(
                    f"f('flag_0', {context}, 'none')",
                    f=self.client(targeted=targeted, record=record).variation,
                    **names,
                ),
                self.codes,
            )

        def targeted() -> Case:
            known = [Context.from_dict({"kind": "user", "key": code, **ATTRIBUTES}) for code in self.codes]
            return Case(loop("f('flag_0', item, 'none')", f=self.client(targeted=True).variation), known)

        def all_flags() -> Case:
            known = [Context.create(code) for code in self.codes[:500]]
            return Case(loop("f(item)", f=self.client(flags=work.FLAGS).all_flags_state), known, 5)

        return {
            EVALUATION: case("C(item)"),
            UNRECORDED: case("C(item)", record=False),
            TARGETED: targeted,
            REQUEST: case(made, targeted=True),
            ALL_FLAGS: all_flags,
        }
