"""Tables of answers, batch by batch: to a Parquet file, a CSV file, or as CSV to the standard output.

A file is written beside its place, under another name, and takes its place once it is whole.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, BinaryIO

from kameleoon._cli.arrow import csv, pa, parquet
from kameleoon._cli.mistakes import writing
from kameleoon._cli.reading import STANDARD_STREAM, format_of
from kameleoon.exceptions import KameleoonError

__all__ = ["Answers", "ended_by_exception"]

_GROUP = 1 << 18  # rows in a row group of a Parquet file


class Answers:
    """The output. In a ``with`` block, whose end without an exception puts the file in its place."""

    def __init__(self, path: str, given: str | None, schema: Any) -> None:
        """Raises ``KameleoonError`` where it cannot be opened, or a column cannot be written."""
        self._is_parquet = format_of(path, given, "--output") == "parquet"
        self._shown = "on the standard output" if path == STANDARD_STREAM else path
        self._schema = schema if self._is_parquet else _plain(schema)
        self._pending: list[Any] = []
        self._rows = 0
        self._target = os.path.realpath(path)
        self._temporary: str | None = None
        with writing(self._shown):
            self._file = self._open(path)
            try:
                if self._is_parquet:
                    self._writer = parquet.ParquetWriter(self._file, self._schema)
                else:
                    self._writer = csv.CSVWriter(self._file, self._schema)
            except BaseException:
                self._abandon()
                raise

    def __enter__(self) -> Answers:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Puts the file in its place, or leaves nothing of it."""
        try:
            if error is not None:
                return
            with writing(self._shown):
                self._flush()
                self._writer.close()
                self._file.flush()
                if self._temporary is not None:
                    self._file.close()
                    os.replace(self._temporary, self._target)
                    self._temporary = None
        finally:
            self._abandon()

    def write(self, batch: Any) -> None:
        """Writes a record batch; what is held of them does not grow with the table."""
        self._pending.append(batch)
        self._rows += len(batch)
        if self._rows >= _GROUP or not self._is_parquet:
            with writing(self._shown):
                self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        table = pa.Table.from_batches(self._pending)
        self._pending, self._rows = [], 0
        self._writer.write_table(table if self._is_parquet else table.cast(self._schema))

    def _open(self, path: str) -> BinaryIO:
        if path == STANDARD_STREAM:
            return sys.stdout.buffer
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(os.stat(self._target).st_mode):
                return open(self._target, "wb")  # a device or a pipe has no place that a file could take
        folder, name = os.path.split(self._target)
        self._temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
        return open(self._temporary, "wb")

    def _abandon(self) -> None:
        """Leaves nothing of a file that is not whole."""
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                os.unlink(self._temporary)


@contextlib.contextmanager
def ended_by_exception() -> Iterator[None]:
    """Makes SIGTERM an exception, as Ctrl+C is, so that nothing is left of an output that is not whole."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # as signals call it
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _plain(schema: Any) -> Any:
    """The types as CSV can hold them. Raises ``KameleoonError`` for a column of another type."""
    fields = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(kind):
            hint = "leave it out of --keep, or write Parquet"
            raise KameleoonError(f"CSV cannot hold the column {field.name!r}, which is of type {kind}", hint=hint)
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)
