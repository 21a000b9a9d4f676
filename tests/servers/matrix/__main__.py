"""``python -m tests.servers.matrix [--write] [--only NAME]``: asks every server, and shows or writes the table."""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers.matrix import page
from tests.servers.matrix.questions import Outcome, ask
from tests.servers.matrix.row import Row
from tests.servers.matrix.rows import ROWS

_AT_A_TIME = 2


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.matrix", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/servers.md; else the table is printed")
    parser.add_argument(
        "--only", default="", help="rows with this in their names; with --write, the others keep their lines"
    )
    options = parser.parse_args()
    rows = [row for row in ROWS if options.only in row.name]
    missing = {row.name: row.missing for row in rows if row.missing}
    if missing:
        parser.exit(1, f"not installed: {missing}; hint: make test-matrix installs them, .ci/run Apache\n")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_A_TIME) as threads:
        found = threads.map(lambda numbered: _ask(Path(folder) / str(numbered[0]), numbered[1]), enumerate(rows))
        outcomes = dict(zip(rows, found))
    if options.write:
        page.write(outcomes, ROWS)
    else:
        print(page.table(outcomes))


def _ask(folder: Path, row: Row) -> Outcome:
    folder.mkdir()
    try:
        return ask(row, folder)
    except AssertionError as error:
        raise AssertionError(f"{row.name}: {error}") from error


if __name__ == "__main__":
    main()
