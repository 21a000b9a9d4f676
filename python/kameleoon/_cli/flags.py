"""``python -m kameleoon flags stale``: the flags that nobody asks for any more (docs/figures.md#stale-flags)."""

from __future__ import annotations

import argparse
import json
import sys
import time

from kameleoon._cli import arguments, flag_usage
from kameleoon._cli.text import aligned
from kameleoon.exceptions import KameleoonError

__all__ = ["add"]

_DAY = 86_400
_DAYS = 30


def add(commands: arguments.Commands) -> None:
    """Declares the command, and the one behind it."""
    flags = commands.add_parser(
        "flags", help="what is known of the use of feature flags", description="What is known of the use of flags."
    )
    parts = flags.add_subparsers(dest="part", required=True, metavar="COMMAND")
    stale = arguments.add_command(
        parts,
        "stale",
        help="the flags that nobody asks for any more",
        description="Lists the feature flags that no process has asked for by their keys lately. What processes say of "
        "themselves goes back to their start; what a monitoring system remembers goes back farther.",
        examples=[
            "http://10.0.0.7:9100/metrics http://10.0.0.8:9100/metrics",
            "stats.json --data-file data.json --days 90 --fail",
        ],
    )
    stale.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="addresses or files: the JSON of stats().to_dict(), Prometheus metrics, or an answer of its query API",
    )
    stale.add_argument("--data-file", metavar="F", help="the data file whose flags are meant (those of the sources)")
    stale.add_argument(
        "--days", type=arguments.positive, default=_DAYS, metavar="N", help=f"so long a flag may be unasked ({_DAYS})"
    )
    stale.add_argument("--site", metavar="CODE", help="the site, where the metrics are of several")
    stale.add_argument("--fail", action="store_true", help="exit with 1 where there are such flags")
    stale.add_argument("--json", action="store_true", help="print JSON")
    stale.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    usage = flag_usage.read(options.sources, options.site)
    known = list(usage.asked)
    if options.data_file is not None:
        known = arguments.known_flags(None, arguments.snapshot(options.data_file).flag_keys)
    now = time.time()
    oldest = now - options.days * _DAY
    stale = sorted(
        (key for key in known if usage.asked.get(key, 0.0) < oldest), key=lambda key: usage.asked.get(key, 0.0)
    )
    if options.json:
        print(json.dumps(_as_json(stale, usage), indent=2, ensure_ascii=False))
    elif stale:
        print(_table(stale, usage))
        print()
    if not options.json:
        print(f"{len(stale)} of {len(known)} feature flags were not asked for within {options.days} days")
    _tell_how_far_back(usage, oldest, now)
    if options.fail and stale:
        hint = "remove them from the program, then from the data file"
        raise KameleoonError(f"stale feature flags: {', '.join(map(repr, stale))}", hint=hint)


def _table(stale: list[str], usage: flag_usage.Usage) -> str:
    rows = [("feature flag", "last asked for", "last evaluated")]
    rows += [(key, _shown(usage.asked.get(key)), _shown(usage.evaluated.get(key))) for key in stale]
    return "\n".join(aligned(rows, "<<<"))


def _shown(moment: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment)) if moment else "never"


def _as_json(stale: list[str], usage: flag_usage.Usage) -> list[dict[str, str | float | None]]:
    return [
        {
            "feature_key": key,
            "last_asked": usage.asked.get(key) or None,
            "last_evaluated": usage.evaluated.get(key) or None,
        }
        for key in stale
    ]


def _tell_how_far_back(usage: flag_usage.Usage, oldest: float, now: float) -> None:
    """Where no process has counted for as long as it is asked, on the standard error."""
    if usage.since and min(usage.since) > oldest:
        hours = (now - min(usage.since)) / 3600
        print(
            f"these processes count since {hours:.1f} hours only: flags that are asked for less often are listed too. "
            "hint: ask a monitoring system that remembers (docs/figures.md#stale-flags)",
            file=sys.stderr,
        )
