"""The command line: ``python -m kameleoon demo``, ``evaluate`` and ``platform``.

Every mistake ends with a sentence and a hint, and the exit status 1; 2 for arguments that are none.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from typing import Any

from kameleoon import data as kinds
from kameleoon._mistakes import did_you_mean
from kameleoon._version import __version__
from kameleoon.exceptions import KameleoonError
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.kameleoon_client_config import KameleoonClientConfig
from kameleoon.types.variation import Variation

_HIGHEST_PORT = 65_535


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever a data file holds, and the terminal cannot show
    options = _parser().parse_args(arguments)
    try:
        if options.command == "demo":
            from kameleoon._demo.run import run

            run(options.visitors, offline=options.offline)
        elif options.command == "platform":
            _serve_platform(options)
        else:
            _evaluate(options)
    except KameleoonError as error:
        shown = str(error)
        if error.hint is not None and "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: {error.hint}"
        if "hint: " not in shown:
            shown += f"{'' if shown.endswith('.') else '.'} hint: python -m kameleoon {options.command} --help"
        print(shown, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("interrupted; hint: a smaller --visitors takes less long", file=sys.stderr)
        return 130
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        print(
            f"{type(error).__name__}: {error}. hint: python -X dev -m kameleoon … shows where; it may be a defect",
            file=sys.stderr,
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kameleoon", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="allocate visitors of an imaginary web shop")
    demo.add_argument("--visitors", type=_positive, default=100_000, metavar="N", help="how many (100,000)")
    demo.add_argument("--offline", action="store_true", help="evaluate alone: no platform, nothing tracked")
    platform = commands.add_parser("platform", help="serve a local stand-in for the Kameleoon platform")
    platform.add_argument("--data-file", metavar="F", help="the data file, JSON (the demo's web shop)")
    platform.add_argument(
        "--port", type=_port, default=8765, metavar="P", help="on 127.0.0.1 (8765; 0 for any free one)"
    )
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
    return parser


def _positive(text: str) -> int:
    try:
        value = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}; hint: such as 100,000") from None
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1; hint: such as 100,000")
    return value


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= _HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a port of 0 to {_HIGHEST_PORT}, got {text!r}; hint: 0 takes any that is free"
    )


def _serve_platform(options: argparse.Namespace) -> None:
    from kameleoon._demo.shop import data_file
    from kameleoon.testing import Platform

    try:
        platform = Platform(options.data_file or data_file(), options.port)
    except OSError as error:
        hint = "is the path right, and the port free? --port 0 takes any that is free"
        raise KameleoonError(f"the platform cannot start: {error}", hint=hint) from error
    except ValueError as error:
        hint = "docs/evaluation.md#the-data-file shows the shape of a data file"
        raise KameleoonError(f"the platform cannot start: {error}", hint=hint) from error
    with platform:
        print(f"The platform serves the data file of {options.data_file or 'the demo'}; its page: {platform.origin}/")
        print(f"Use it with KameleoonClientConfig(..., endpoint={platform.origin!r}).")
        print("Press Ctrl+C to end it.", flush=True)
        try:
            platform.wait()
        except KeyboardInterrupt:
            print()


def _evaluate(options: argparse.Namespace) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
