"""eppo-server-sdk: a Rust core over PyO3, with a configuration of its own making. It keeps no visitors."""

from __future__ import annotations

import json
from typing import Any, Callable

from benches.players import ATTRIBUTES, EVALUATION, REQUEST, TARGETED, TIERS, UNRECORDED, Case, Player, keywords, loop


def _condition(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "value": value}


FIVE = [
    _condition("plan", "ONE_OF", ["premium"]),
    _condition("age", "GT", 18),
    _condition("tier", "ONE_OF", TIERS),
    _condition("appVersion", "GTE", "3.4.0"),
    _condition("country", "ONE_OF", ["FR"]),
]


class Eppo(Player):
    requirement = "eppo-server-sdk==4.4.1"
    imports = "import eppo_client"

    def assign(self, conditions: list[dict[str, Any]], *, log: bool) -> Any:
        """The method of a client with one 50/50 flag; with ``log`` a Python logger is called for each assignment."""
        import eppo_client
        from eppo_client import Configuration
        from eppo_client.assignment_logger import AssignmentLogger
        from eppo_client.config import Config

        class Logger(AssignmentLogger):
            def log_assignment(self, event: Any) -> None:
                pass

        half = [{"start": 0, "end": 5000}], [{"start": 5000, "end": 10000}]
        splits = [
            {"variationKey": key, "extraLogging": {}, "shards": [{"salt": "split", "ranges": ranges}]}
            for key, ranges in zip(("off", "on"), half)
        ]
        allocation = {
            "key": "allocation", "rules": [{"conditions": conditions}] if conditions else [], "startAt": None,
            "endAt": None, "doLog": log, "splits": splits,
        }  # fmt: skip
        flag = {
            "key": "flag_0", "enabled": True, "variationType": "STRING", "totalShards": 10000,
            "variations": {key: {"key": key, "value": key} for key in ("off", "on")}, "allocations": [allocation],
        }  # fmt: skip
        flags = {
            "createdAt": "2024-09-09T10:18:15.988Z", "format": "SERVER", "environment": {"name": "test"},
            "flags": {"flag_0": flag},
        }  # fmt: skip
        config = Config(
            api_key="key", base_url="http://127.0.0.1:9/api", assignment_logger=Logger(), poll_interval_seconds=None,
            initial_configuration=Configuration(flags_configuration=json.dumps(flags).encode()),
        )  # fmt: skip
        client = eppo_client.init(config)
        assert client.get_string_assignment("flag_0", "alice", ATTRIBUTES, "none") in {"off", "on"}
        return client.get_string_assignment

    def cases(self) -> dict[str, Callable[[], Case]]:
        def case(attributes: str, conditions: list[dict[str, Any]], *, log: bool) -> Callable[[], Case]:
            call = f"f('flag_0', item, {attributes}, 'none')"
            return lambda: Case(loop(call, f=self.assign(conditions, log=log), a=ATTRIBUTES), self.codes)

        return {
            EVALUATION: case("{}", [], log=True),
            UNRECORDED: case("{}", [], log=False),
            TARGETED: case("a", FIVE, log=True),
            REQUEST: case(keywords(ATTRIBUTES), FIVE, log=True),
        }
