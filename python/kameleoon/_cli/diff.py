"""``python -m kameleoon diff``: what two data files have different, and who moves (docs/batch.md)."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kameleoon._cli import arguments
from kameleoon._cli.text import aligned
from kameleoon.batch.columns import Columns
from kameleoon.batch.snapshot import Snapshot
from kameleoon.exceptions import KameleoonError

if TYPE_CHECKING:
    from kameleoon._cli.changes import Change

__all__ = ["add"]

_ROWS = 1 << 16  # made-up visitors at once
_LONGEST_CODE = 255  # characters
_ABSENT, _DISABLED, _NONE = "(no such flag)", "(disabled)", "(none)"

Moves = dict[str, "Counter[tuple[str, str]]"]
"""By flag: how many visitors have which variation by the old data file, and which by the new one."""


def add(commands: arguments.Commands) -> None:
    """Declares the command."""
    diff = arguments.add_command(
        commands,
        "diff",
        help="what two data files have different, and which visitors move",
        description="Compares two data files: what was added, removed and changed, and for each feature flag "
        "which share of the visitors moves from which variation to which. They are a table's, or made up without data.",
        examples=[
            "data.json new.json",
            "data.json new.json --visitors visitors.parquet --visitor-column code --custom 1=plan --json",
        ],
    )
    diff.add_argument("old", metavar="OLD", help="a data file, JSON")
    diff.add_argument("new", metavar="NEW", help="another one")
    diff.add_argument("--visitors", metavar="PATH", help="*.parquet, *.csv, or - for CSV from a pipe")
    diff.add_argument("--input-format", choices=("parquet", "csv"), help="where the ending does not tell")
    diff.add_argument("--visitor-column", metavar="COL", help="the column of visitor codes")
    diff.add_argument(
        "--count", type=arguments.positive, default=100_000, metavar="N", help="made-up visitors (100,000)"
    )
    diff.add_argument("--flags", type=arguments.comma_separated, metavar="A,B", help="the moves of some flags alone")
    diff.add_argument("--threads", type=arguments.positive, metavar="N", help="how many work (one a processor)")
    diff.add_argument("--json", action="store_true", help="print JSON")
    arguments.add_data_options(diff)
    diff.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from kameleoon._cli import changes, data_file  # here: no other command needs them

    columns = arguments.columns(options)
    if options.visitors is None and list(columns):
        raise KameleoonError("data are of the columns of a table", hint="--visitors names it")
    if options.visitors is not None and options.visitor_column is None:
        raise KameleoonError("--visitors needs --visitor-column", hint="the name of the column of visitor codes")
    old, new = arguments.snapshot(options.old), arguments.snapshot(options.new)
    arguments.known_flags(options.flags, list(dict.fromkeys([*old.flag_keys, *new.flag_keys])))
    found = list(changes.changes(data_file.loaded(old.data_file), data_file.loaded(new.data_file)))
    visitors, moves = _moves(options, columns, old, new)
    if options.json:
        print(json.dumps(_as_json(found, visitors, moves), indent=2, ensure_ascii=False))
        return
    print("\n".join(map(str, found)) if found else "the data files are the same")
    print()
    print(_table(visitors, moves, is_made_up=options.visitors is None))


def _moves(options: argparse.Namespace, columns: Columns, old: Snapshot, new: Snapshot) -> tuple[int, Moves]:
    """How many visitors there are, and who gets what by both."""
    from kameleoon._cli.progress import Progress

    wanted = options.flags or list(dict.fromkeys([*old.flag_keys, *new.flag_keys]))
    moves: Moves = {flag: Counter() for flag in wanted}
    count, progress = 0, Progress()
    try:
        for batch, column, part in _batches(options, columns):
            count += len(batch)
            answers = [_answers(snapshot, batch, column, columns, options.threads) for snapshot in (old, new)]
            for flag in wanted:
                _count(moves[flag], *(found.get(flag) for found in answers))
            progress.show(count, part)
    finally:
        progress.end()
    return count, moves


def _batches(options: argparse.Namespace, columns: Columns) -> Iterator[tuple[Any, str, float | None]]:
    """Rows with a usable visitor code, the name of its column, and how much of the whole was read."""
    from kameleoon._cli import reading
    from kameleoon._cli.arrow import compute, pa

    if options.visitors is None:
        for start in range(0, options.count, _ROWS):
            numbers = range(start, min(start + _ROWS, options.count))
            codes = pa.array((f"visitor-{number:06}" for number in numbers), pa.string())
            yield pa.table({"visitor_code": codes}), "visitor_code", numbers.stop / options.count
        return
    column = options.visitor_column
    visitors = reading.open_visitors(options.visitors, options.input_format, column, columns, option="--visitors")
    try:
        for batch in visitors:
            try:
                length = compute.utf8_length(compute.cast(batch[column], pa.large_string()))
            except pa.ArrowException:
                message = f"the column {column!r} is of type {batch[column].type}; visitor codes are text"
                raise KameleoonError(message, hint="--visitor-column names it") from None
            is_usable = compute.and_(compute.greater(length, 0), compute.less_equal(length, _LONGEST_CODE))
            yield pa.Table.from_batches([batch.filter(is_usable)]), column, visitors.part
    finally:
        visitors.close()


def _answers(snapshot: Snapshot, batch: Any, column: str, columns: Columns, threads: int | None) -> dict[str, Any]:
    """By flag, the column of variations. All flags are asked: conditions may be on others than those that are shown."""
    from kameleoon._cli.arrow import pa
    from kameleoon._cli.mistakes import assigning

    if not snapshot.flag_keys:
        return {}
    with assigning():
        found = pa.table(snapshot.assign(batch, visitor_code=column, data=columns, keep=False, threads=threads))
    return {flag: found[flag].combine_chunks() for flag in found.column_names}


def _count(moves: Counter[tuple[str, str]], old: Any, new: Any) -> None:
    """Adds up who gets what by both; ``None`` is a flag that there is not."""
    from kameleoon._cli.arrow import compute, pa

    keys, number = [], pa.scalar(0, pa.int64())
    for column in (old, new):
        if column is None:
            keys.append([_ABSENT])
            continue
        names = [*column.dictionary.to_pylist(), _DISABLED]
        position = compute.fill_null(column.indices, len(names) - 1)
        number = compute.add(compute.multiply(number, len(names)), compute.cast(position, pa.int64()))
        keys.append(names)
    found = compute.value_counts(number)
    for value, count in zip(found.field(0).to_pylist(), found.field(1).to_pylist()):
        before, after = divmod(value, len(keys[1]))
        moves[keys[0][before] or _NONE, keys[1][after] or _NONE] += count


def _moved(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    """Those who move, the most first."""
    return sorted(((key, count) for key, count in counts.items() if key[0] != key[1]), key=lambda item: -item[1])


def _table(visitors: int, moves: Moves, *, is_made_up: bool) -> str:
    """Who moves, per flag."""
    whom = f"{visitors:,} made-up visitors without data" if is_made_up else f"{visitors:,} visitors"
    rows = []
    for flag, counts in moves.items():
        for position, ((before, after), count) in enumerate(_moved(counts)):
            share = f"{100 * count / visitors:.2f} %"
            rows.append((flag if position == 0 else "", before, after, f"{count:,}", share))
    if not rows:
        return f"none of {whom} moves"
    rows.insert(0, ("feature flag", "from", "to", "visitors", "share"))
    return "\n".join([f"of {whom} move:", *aligned(rows, "<<<>>")])


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "where": change.where,
        "what": change.what,
        "kind": change.kind,
        "old": change.old,
        "new": change.new,
        "text": str(change),
    }


def _as_json(found: list[Change], visitors: int, moves: Moves) -> dict[str, Any]:
    return {
        "changes": [_change_as_json(change) for change in found],
        "visitors": visitors,
        "moves": [
            {"flag": flag, "from": before, "to": after, "visitors": count, "share": count / visitors}
            for flag, counts in moves.items()
            for (before, after), count in _moved(counts)
        ],
    }
