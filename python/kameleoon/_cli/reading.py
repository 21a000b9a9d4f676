"""Tables of visitors, batch by batch: a Parquet file, a CSV file, or CSV on the standard input."""

from __future__ import annotations

import csv as plain_csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from kameleoon._cli.arrow import csv, pa, parquet
from kameleoon._cli.mistakes import reading
from kameleoon._cli.text import hint_of_names
from kameleoon.batch.columns import Columns
from kameleoon.exceptions import KameleoonError

__all__ = ["STANDARD_STREAM", "Visitors", "format_of", "open_visitors"]

STANDARD_STREAM = "-"
_ENDINGS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_ROWS = 1 << 16  # in a batch of a Parquet file
_BUFFER = 1 << 20  # bytes that are held of each column of a Parquet file
_SMALL = 2  # bytes a row of a column of texts that come again and again
_BLOCK = 1 << 22  # bytes of a CSV file in a batch
_NOT_CODED = {"page_url", "page_title", "user_agent", "cookies", "conversions"}  # seldom the same twice, or no texts


class Visitors:
    """A table that is open: its schema, its batches, which can be read once, and how far they were read."""

    def __init__(
        self, schema: Any, batches: Iterator[Any], close: Callable[[], None], part: Callable[[int], float | None]
    ) -> None:
        """``part``: from the number of rows that were read, how much of the whole that is."""
        self.schema = schema
        self._batches = batches
        self._close = close
        self._part = part
        self.rows = 0
        """That were read so far."""

    def __iter__(self) -> Iterator[Any]:
        """The record batches."""
        for batch in self._batches:
            self.rows += len(batch)
            yield batch

    @property
    def part(self) -> float | None:
        """How much was read, from 0 to 1; ``None`` where the whole is not known."""
        return self._part(self.rows)

    def close(self) -> None:
        """Closes the file."""
        self._close()


def format_of(path: str, given: str | None, option: str) -> str:
    """``"parquet"`` or ``"csv"``: as it is given, or by the path's ending. Raises ``KameleoonError``.

    ``option``: which one has named the path; the format of ``--visitors`` is given by ``--input-format``.
    """
    if path == STANDARD_STREAM:
        if given == "parquet":
            raise KameleoonError(
                f"{option} -: the standard streams are CSV", hint="Parquet is read from and written to files"
            )
        return "csv"
    ending = os.path.splitext(path)[1].lower()
    found = given or _ENDINGS.get(ending)
    if found is None:
        raise KameleoonError(
            f"{option} {path}: its ending does not tell the format",
            hint=f".parquet or .csv does, or {'--output' if option == '--output' else '--input'}-format parquet or csv",
        )
    return found


def open_visitors(
    path: str,
    given: str | None,
    visitor_code: str,
    data: Columns,
    keep: Iterable[str] = (),
    option: str = "--input",
) -> Visitors:
    """Opens the table and looks for the columns that are needed. Raises ``KameleoonError``.

    ``given``: the format, if the ending does not tell it. ``option``: which one has named the path.
    """
    kept = [visitor_code, *keep]
    needed = list(dict.fromkeys([*kept, *(column for _, _, column in data)]))
    is_parquet = format_of(path, given, option) == "parquet"
    with reading("on the standard input" if path == STANDARD_STREAM else path):
        if is_parquet:
            coded = {column for kind, _, column in data if kind not in _NOT_CODED} - set(kept)
            return _open_parquet(path, needed, coded)
        goals = {column for kind, _, column in data if kind == "conversions"}
        if data.cookies is not None:
            raise KameleoonError("--cookies: a cell of CSV cannot hold cookies", hint="a map in a Parquet file can")
        return _open_csv(path, needed, goals)


def _look_for(needed: list[str], names: list[str]) -> None:
    """Raises ``KameleoonError`` for a column that there is not."""
    for column in needed:
        if column not in names:
            raise KameleoonError(f"the input has no column {column!r}", hint=hint_of_names(column, names))


def _open_parquet(path: str, needed: list[str], coded: set[str]) -> Visitors:
    """``coded``: columns that are read as dictionaries, if they are text: a condition is decided once a value."""
    metadata = parquet.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    _look_for(needed, schema.names)
    coded = {name for name in coded if pa.types.is_string(schema.field(name).type) and _is_repeated(metadata, name)}
    file = parquet.ParquetFile(path, read_dictionary=sorted(coded), pre_buffer=False, buffer_size=_BUFFER)
    total = file.metadata.num_rows
    schema = pa.schema([file.schema_arrow.field(name) for name in needed])

    def batches() -> Iterator[Any]:
        with reading(path):
            for batch in file.iter_batches(_ROWS, columns=needed):
                yield batch.select(needed)  # in this order, and without the parts of others that have a dot in the name

    return Visitors(schema, batches(), file.close, lambda rows: rows / total if total else None)


def _is_repeated(metadata: Any, name: str) -> bool:
    """Whether a column of texts has few different ones: where it has many, so have dictionaries, which all are held."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    size = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema == name)
    return bool(size <= _SMALL * metadata.num_rows + _BUFFER)


def _open_csv(path: str, needed: list[str], goals: set[str]) -> Visitors:
    """All columns are text but ids of goals, so that the code 007 stays 007. A cell that is empty is null; ``""`` is an
    empty text.
    """
    if path == STANDARD_STREAM and sys.stdin is None:
        raise KameleoonError("there is no standard input", hint="it is closed; name a file")
    source = _Lines(path)
    try:
        names = source.header()
        _look_for(needed, names)
    except BaseException:
        source.close()
        raise
    types = {name: pa.int64() if name in goals else pa.string() for name in needed}
    convert = csv.ConvertOptions(
        include_columns=needed,
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )

    def batches() -> Iterator[Any]:
        with reading(source.shown):
            for lines in source.blocks():
                table = csv.read_csv(
                    pa.BufferReader(_owned_by_arrow(lines)),
                    read_options=csv.ReadOptions(column_names=names),
                    parse_options=csv.ParseOptions(newlines_in_values=True),
                    convert_options=convert,
                )
                yield from table.to_batches()

    total = source.size
    schema = pa.schema([(name, types[name]) for name in needed])
    return Visitors(schema, batches(), source.close, lambda _: source.count / total if total else None)


def _owned_by_arrow(lines: Any) -> Any:
    """A copy that needs no interpreter to be dropped: a thread of pyarrow's may be the last to let go of it, while the
    interpreter ends, and abort.
    """
    copy = pa.BufferOutputStream()
    copy.write(lines)
    return copy.getvalue()


class _Lines:
    """A CSV file, block by block of whole lines, in the thread that asks for them.

    pyarrow's own streams would be read by a thread of its own: Ctrl+C would wait for it, and a program that ends while
    it waits for a pipe would abort.
    """

    def __init__(self, path: str) -> None:
        is_standard = path == STANDARD_STREAM
        self.shown = "on the standard input" if is_standard else path
        # What is read of a pipe is whatever has come, which a buffer would wait for.
        place = sys.stdin.fileno() if is_standard else path
        self._file: BinaryIO = open(place, "rb", buffering=0, closefd=not is_standard)  # noqa: SIM115  # `close` closes it
        self._rest = bytearray()
        self.size = 0 if is_standard else os.fstat(self._file.fileno()).st_size
        self.count = 0
        """Bytes that were read."""
        self.close = self._file.close

    def header(self) -> list[str]:
        """The names of the columns: the first line."""
        while b"\n" not in self._rest and self._read():
            pass
        line, _, self._rest = self._rest.partition(b"\n")
        names = next(plain_csv.reader([line.decode("utf-8-sig").rstrip("\r")]), [])
        if not names:
            hint = "a CSV file begins with a line of the names of its columns"
            raise KameleoonError(f"the input {self.shown} is empty", hint=hint)
        return names

    def blocks(self) -> Iterator[bytes]:
        """The lines after the header. A block is longer than usual where a line is."""
        is_over = False
        while not is_over:
            wanted = len(self._rest) + _BLOCK
            while len(self._rest) < wanted and not is_over:
                is_over = not self._read()
            end = len(self._rest) if is_over else _end_of_lines(self._rest)
            block = bytes(memoryview(self._rest)[:end])
            del self._rest[:end]
            if block.strip():
                yield block

    def _read(self) -> bool:
        """Reads something, if there is more."""
        some = self._file.read(_BLOCK) or b""
        self.count += len(some)
        self._rest += some
        return bool(some)


def _end_of_lines(text: bytearray) -> int:
    """Where the last whole line ends. A line break between quotation marks ends none; quotation marks in a cell are
    doubled, so that their number before the end of a line is even.
    """
    end = text.rfind(b"\n") + 1
    quotes = text.count(b'"', 0, end)
    while end and quotes % 2:
        before = text.rfind(b"\n", 0, end - 1) + 1
        quotes -= text.count(b'"', before, end)
        end = before
    return end
