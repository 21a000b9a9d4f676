"""``python -m kameleoon evaluate``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from kameleoon._cli.arguments import Commands, add_command
from kameleoon._cli.visitor_data import add_visitor_options, visitor_data
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.types.variation import Variation

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Declares the command."""
    evaluate = add_command(
        commands,
        "evaluate",
        help="print one visitor's variations",
        description="Evaluates the feature flags of a data file for one visitor, without any network. Nothing is "
        "tracked.",
        examples=[
            "--data-file data.json --visitor alice",
            '--data-file data.json --visitor alice --flag banner --data \'[["CustomData", 1, "pro"]]\' --explain',
        ],
    )
    evaluate.add_argument("--data-file", required=True, metavar="F", help="the data file, JSON")
    add_visitor_options(evaluate)
    evaluate.add_argument("--flag", metavar="KEY", help="one feature flag alone")
    evaluate.add_argument("--environment", metavar="NAME", help="named in messages")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.add_argument("--explain", action="store_true", help="show each step that decided")
    evaluate.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Evaluates what the options say, and prints it."""
    config = KameleoonClientConfig.offline(options.data_file, environment=options.environment)
    with KameleoonClient("command-line", config) as client:
        client.add_data(options.visitor, *visitor_data(options.data))
        keys = [options.flag] if options.flag else client.get_feature_list()
        # Before anything is evaluated for good, so that each explanation is of the visitor as given.
        explanations = {key: client.explain(options.visitor, key) for key in keys} if options.explain else {}
        if options.flag and not options.explain:
            variations = {options.flag: client.get_variation(options.visitor, options.flag, track=False)}
        else:  # one that is disabled has no variation, and an explanation
            found = client.get_variations(options.visitor, track=False)
            variations = {key: found[key] for key in keys if key in found}
        if options.json:
            shown: dict[str, Any] = {key: _plain(variation) for key, variation in variations.items()}
            for key, explanation in explanations.items():
                shown.setdefault(key, {})["explanation"] = str(explanation).splitlines()
            print(json.dumps(shown, indent=2, ensure_ascii=False))
            return
        _print_table(keys, variations)
        for explanation in explanations.values():
            print(f"\n{explanation}")


def _plain(variation: Variation) -> dict[str, Any]:
    return {
        "key": variation.key,
        "name": variation.name,
        "id": variation.id_,
        "experiment_id": variation.experiment_id,
        "is_active": variation.is_active,
        "variables": {key: variable.value for key, variable in variation.variables.items()},
    }


def _print_table(keys: list[str], variations: dict[str, Variation]) -> None:
    width = max([len("feature flag"), *map(len, keys)])
    print(f"{'feature flag':{width}}  {'variation':12} {'id':>8} {'experiment':>10}  variables")
    for key in keys:
        variation = variations.get(key)
        if variation is None:
            print(f"{key:{width}}  (disabled)")
            continue
        values = {name: variable.value for name, variable in variation.variables.items()}
        identifiers = [str(item) if item is not None else "-" for item in (variation.id_, variation.experiment_id)]
        shown = json.dumps(values, ensure_ascii=False) if values else ""
        print(f"{key:{width}}  {variation.key:12} {identifiers[0]:>8} {identifiers[1]:>10}  {shown}")
