"""What an evaluation costs through OpenFeature: beside its own provider that looks into a dictionary, and beside our client.

usage: python -m benches.open_feature [--rounds N]

Rounds of all cases take turns; medians of nanoseconds a call, and how many times the dictionary's.
"""

from __future__ import annotations

import argparse
import statistics
import timeit
from collections.abc import Callable

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

from benches import work
from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.openfeature import KameleoonProvider

CODE = "visitor-12345678"
FLAG = "flag_0"
CALLS = 10_000
CONTEXTS = {
    "no attributes": EvaluationContext(CODE),
    "four attributes": EvaluationContext(CODE, {"cd1": "gold", "cd2": "x", "device": "PHONE", "unknown": "u"}),
}


def cases(client: KameleoonClient) -> dict[str, Callable[[], object]]:
    api.set_provider_and_wait(KameleoonProvider(client=client), domain="ours")
    api.set_provider_and_wait(InMemoryProvider({FLAG: InMemoryFlag("on", {"on": True, "off": False})}), domain="memory")
    memory, ours = api.get_client("memory"), api.get_client("ours")
    found: dict[str, Callable[[], object]] = {
        "our client alone, is_feature_active": lambda: client.is_feature_active(CODE, FLAG)
    }
    for name, context in CONTEXTS.items():
        found[f"InMemoryProvider, {name}"] = lambda context=context: memory.get_boolean_value(FLAG, False, context)
        found[f"KameleoonProvider, {name}"] = lambda context=context: ours.get_boolean_value(FLAG, False, context)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with KameleoonClient("site", KameleoonClientConfig.offline(work.data_file(work.experiment(0)))) as client:
        measured = cases(client)
        times: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, case in measured.items():
                times[name].append(timeit.timeit(case, number=CALLS) / CALLS * 1e9)
        api.clear_providers()
    medians = {name: statistics.median(each) for name, each in times.items()}
    for name, median in medians.items():
        beside = medians.get(name.replace("KameleoonProvider", "InMemoryProvider"), median)
        ratio = f"  {median / beside:.2f} x InMemoryProvider" if beside != median else ""
        print(f"{median:9,.0f} ns  {name}{ratio}")


if __name__ == "__main__":
    main()
