"""``python -m kameleoon assign``: a table of visitors in, a table of their variations out (docs/batch.md)."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kameleoon._cli import arguments
from kameleoon.batch.assignment import Assignment
from kameleoon.exceptions import KameleoonError

if TYPE_CHECKING:
    from kameleoon._cli.reading import Visitors
    from kameleoon._cli.shares import Group

__all__ = ["add"]

_FORMATS = ("parquet", "csv")


def add(commands: arguments.Commands) -> None:
    """Declares the command."""
    assign = arguments.add_command(
        commands,
        "assign",
        help="the variations of a table of visitors, Parquet or CSV of any size",
        description="Reads a table of visitors, batch by batch, and writes the variation of each for each "
        "feature flag. At the end it shows the share of each variation beside the configured one.",
        examples=[
            "--data-file data.json --input visitors.parquet --output answers.parquet \\\n"
            "      --visitor-column code --custom 1=plan",
            "--data-file data.json --input visitors.csv --output - --visitor-column code --layout long",
        ],
    )
    assign.add_argument("--data-file", required=True, metavar="F", help="the data file, JSON")
    assign.add_argument("--input", required=True, metavar="PATH", help="*.parquet, *.csv, or - for CSV from a pipe")
    assign.add_argument("--output", required=True, metavar="PATH", help="*.parquet, *.csv, or - for CSV to a pipe")
    assign.add_argument("--input-format", choices=_FORMATS, help="where the ending does not tell")
    assign.add_argument("--output-format", choices=_FORMATS, help="where the ending does not tell")
    assign.add_argument("--visitor-column", required=True, metavar="COL", help="the column of visitor codes")
    assign.add_argument("--flags", type=arguments.comma_separated, metavar="A,B", help="some feature flags alone")
    assign.add_argument("--layout", choices=("wide", "long"), default="wide", help="a column a flag, or a row (wide)")
    assign.add_argument("--keep", nargs="+", action="extend", default=[], metavar="COL", help="columns that go along")
    assign.add_argument("--threads", type=arguments.positive, metavar="N", help="how many work (one a processor)")
    assign.add_argument("--plot", metavar="FILE.svg", help="draws the shares")
    arguments.add_data_options(assign)
    assign.set_defaults(run=_run, interrupted="interrupted; hint: the output is written when all is done, not before")


def _run(options: argparse.Namespace) -> None:
    from kameleoon._cli import data_file, mistakes, reading, writing  # here: they need pyarrow
    from kameleoon._cli.arrow import pa
    from kameleoon._cli.progress import Progress

    columns = arguments.columns(options)
    snapshot = arguments.snapshot(options.data_file)
    flags = arguments.known_flags(options.flags, snapshot.flag_keys)
    described = data_file.loaded(snapshot.data_file)
    keep = list(dict.fromkeys([options.visitor_column, *options.keep]))
    _look_at_names(options, keep, flags)
    visitors = reading.open_visitors(options.input, options.input_format, options.visitor_column, columns, keep)
    try:
        source = _Source(visitors)
        with mistakes.assigning():
            answers = snapshot.assign(
                source.reader(),
                visitor_code=options.visitor_column,
                data=columns,
                flags=flags,
                layout=options.layout,
                keep=keep,
                threads=options.threads,
            )
        progress = Progress()
        with contextlib.ExitStack() as ends:
            ends.enter_context(writing.ended_by_exception())
            output = ends.enter_context(writing.Answers(options.output, options.output_format, pa.schema(answers)))
            ends.callback(progress.end)
            for batch in _answered(answers, source):
                output.write(batch)
                progress.show(answers.counts.rows, visitors.part)
    finally:
        visitors.close()
    _tell(options, answers, described, progress.seconds)


def _answered(answers: Assignment, source: _Source) -> Iterator[Any]:
    """The answers, batch by batch."""
    from kameleoon._cli.arrow import pa

    found = iter(answers)
    while True:
        try:
            yield pa.record_batch(next(found))
        except StopIteration:
            return
        except Exception:
            if source.failure is not None:  # what went wrong while reading, which Arrow has made a text of
                raise source.failure from None
            raise


class _Source:
    """The batches on their way into the assignment."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        self.failure: BaseException | None = None
        """What went wrong while reading, Ctrl+C included."""

    def reader(self) -> Any:
        """The batches, by Arrow's protocol."""
        from kameleoon._cli.arrow import pa

        return pa.RecordBatchReader.from_batches(self._visitors.schema, self._batches())

    def _batches(self) -> Iterator[Any]:
        try:
            yield from self._visitors
        except BaseException as error:
            self.failure = error
            raise


def _look_at_names(options: argparse.Namespace, keep: list[str], flags: list[str]) -> None:
    """Raises ``KameleoonError`` where two columns of the output would have the same name."""
    if options.layout == "wide":
        for name in keep:
            if name in flags:
                hint = "--layout long names no column by a flag; or leave it out of --keep"
                raise KameleoonError(f"the column {name!r} and a feature flag have the same name", hint=hint)


def _tell(options: argparse.Namespace, answers: Assignment, described: dict[str, Any], seconds: float) -> None:
    """What became of the rows, on the standard error, and as a picture if it is asked for."""
    from kameleoon._cli import shares

    rows = answers.counts.rows
    written = "" if options.output == "-" else f", written to {options.output}"
    print(f"{rows:,} rows in {seconds:.1f} s ({rows / max(seconds, 1e-9):,.0f} rows/s){written}", file=sys.stderr)
    if said := shares.unusable(answers.counts):
        print(said, file=sys.stderr)
    found: list[Group] = list(shares.groups(answers.outcomes, described))
    if found:
        print(f"\n{shares.table(found)}", file=sys.stderr)
    for said in shares.mismatches(found):
        print(f"\n{said}", file=sys.stderr)
    if options.plot is not None:
        _draw(options.plot, found, rows)


def _draw(path: str, found: list[Group], rows: int) -> None:
    from kameleoon._cli.plot import picture

    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(picture(found, rows))
    except OSError as error:
        shown = os.strerror(error.errno) if error.errno else str(error)
        raise KameleoonError(f"the picture {path} cannot be written: {shown}", hint="is the path right?") from error
