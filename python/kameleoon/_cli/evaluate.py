"""``python -m kameleoon evaluate``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from kameleoon import data as kinds
from kameleoon._cli.arguments import Commands
from kameleoon._mistakes import did_you_mean
from kameleoon.exceptions import KameleoonError
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.types.variation import Variation

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declares the command."""
    evaluate = commands.add_parser("evaluate", help="print one visitor's variations")
    evaluate.add_argument("--data-file", required=True, metavar="F", help="the data file, JSON")
    evaluate.add_argument("--visitor", required=True, metavar="CODE", help="the visitor code")
    evaluate.add_argument(
        "--data",
        metavar="JSON",
        help='data of the visitor: a list such as \'[["CustomData", 1, "premium"], ["Device", "PHONE"]]\'',
    )
    evaluate.add_argument("--flag", metavar="KEY", help="one feature flag alone")
    evaluate.add_argument("--environment", metavar="NAME", help="named in messages")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.add_argument("--explain", action="store_true", help="show each step that decided")
    evaluate.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    config = KameleoonClientConfig.offline(options.data_file, environment=options.environment)
    with KameleoonClient("command-line", config) as client:
        client.add_data(options.visitor, *_read_data(options.data))
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


def _read_data(text: str | None) -> list[kinds.Data]:
    """The data in JSON: a list of lists, each a kind's name with its arguments."""
    try:
        described = json.loads(text or "[]")
        if not isinstance(described, list):
            raise TypeError(f"expected a list, got {type(described).__name__}")
        return [_datum(*item) for item in described]
    except (TypeError, ValueError, OverflowError) as error:
        hint = 'a list of lists, each a kind with its arguments, such as \'[["CustomData", 1, "premium"]]\''
        raise KameleoonError(f"--data cannot be read: {error}", hint=hint) from error


def _datum(kind: str, *arguments: Any) -> kinds.Data:
    enums = {"Browser": kinds.BrowserType, "OperatingSystem": kinds.OperatingSystemType, "Device": kinds.DeviceType}
    made = getattr(kinds, kind, None)
    if not (isinstance(made, type) and issubclass(made, kinds.Data)):
        near = did_you_mean(kind, (name for name, each in vars(kinds).items() if isinstance(each, type)))
        raise ValueError(f"there is no kind of data {kind!r}{near}")
    enum = enums.get(kind)
    if enum is not None and arguments and isinstance(arguments[0], str):
        if arguments[0] not in enum.__members__:
            raise ValueError(f"{kind}: expected one of {', '.join(enum.__members__)}, not {arguments[0]!r}")
        arguments = (enum[arguments[0]], *arguments[1:])
    datum: kinds.Data = made(*arguments)
    return datum


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
