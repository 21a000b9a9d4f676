"""The table of ``docs/servers.md``, written from what a run has found."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Mapping, Sequence

from tests.servers.harness import ROOT
from tests.servers.matrix.questions import Counts, Outcome
from tests.servers.matrix.row import Row

PAGE = ROOT / "docs" / "servers.md"
BEGIN = "<!-- written by tests.servers.matrix -->\n"
_COLUMNS = (
    "server",
    "begins anew",
    "graceful stop",
    "`SIGTERM`",
    "`SIGKILL`",
    "`SIGKILL`, spool, confirmed",
    "`SIGKILL`, spool, not confirmed",
    "what you must do",
)
_PACKAGES = (
    "gunicorn", "uvicorn", "hypercorn", "granian", "uWSGI", "mod_wsgi", "waitress", "Django", "celery", "gevent", "ddtrace",
    "opentelemetry-distro", "ipykernel",
)  # fmt: skip


def table(outcomes: Mapping[Row, Outcome]) -> str:
    """A line for each row, and before them what it was run on."""
    return _table([_line(row, outcome) for row, outcome in outcomes.items()])


def write(outcomes: Mapping[Row, Outcome], rows: Sequence[Row]) -> None:
    """Writes the table of all ``rows`` in the place of the former one. Those without an outcome keep their lines."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    former = {line.split(" | ")[0].removeprefix("| "): line for line in text[2].splitlines()}
    lines = [_line(row, outcomes[row]) if row in outcomes else former[row.name] for row in rows]
    PAGE.write_text(text[0] + BEGIN + _table(lines), encoding="utf-8")


def _table(lines: Sequence[str]) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    head = [
        f"Run on {time.strftime('%Y-%m-%d')}, with Python {platform.python_version()} on {platform.system()}: {versions}.",
        "",
        "| " + " | ".join(_COLUMNS) + " |",
        "|" + "---|" * len(_COLUMNS),
    ]
    return "\n".join([*head, *lines]) + "\n"


def rows_of_the_page() -> list[tuple[str, ...]]:
    """The cells of each line of the table."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2]
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def _line(row: Row, outcome: Outcome) -> str:
    ends = (outcome.stop, outcome.term, outcome.killed, outcome.confirmed, outcome.unconfirmed)
    return "| " + " | ".join([row.name, begins_anew(row), *map(_cell, ends), row.advice]) + " |"


def begins_anew(row: Row) -> str:
    """At what it replaces its processes, where it was made to."""
    return f"`{row.reload}`" if row.reload else "a changed file" if row.touch else ""


def _cell(counts: Counts) -> str:
    doubled = f", {counts.doubled:,} doubled" if counts.doubled else ""
    repeated = f", {counts.repeated:,} sent again" if counts.repeated else ""
    return f"{counts.lost:,} of {counts.answered:,} lost{doubled}{repeated}"
