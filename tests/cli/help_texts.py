"""The commands and their examples, as the help texts list them."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout, suppress

from kameleoon.__main__ import main

_EXAMPLES = re.compile(r"^examples:\n((?:  .*\n)+)", re.MULTILINE)


def help_of(*command: str) -> str:
    shown = io.StringIO()
    with redirect_stdout(shown), suppress(SystemExit):
        main([*command, "--help"])
    return shown.getvalue()


def commands() -> list[tuple[str, ...]]:
    """Every command; in place of one with others behind it, these: ``("datafile", "fetch")``."""
    found: list[tuple[str, ...]] = []
    for name in _listed(help_of()):
        behind = _listed(help_of(name))
        found += [(name, part) for part in behind] or [(name,)]
    return found


def examples(command: tuple[str, ...]) -> list[str]:
    """What stands behind ``python -m kameleoon`` in each example."""
    listed = _EXAMPLES.search(help_of(*command))
    assert listed is not None, f"{command} has no examples"
    lines = re.sub(r"\\\n *", "", listed[1]).splitlines()
    return [line.strip().removeprefix("python -m kameleoon ") for line in lines]


def _listed(help_text: str) -> list[str]:
    """The names of the commands in a help text."""
    lines = help_text.partition("COMMAND\n")[2].splitlines()
    return [line.split()[0] for line in lines if line.startswith("    ") and line[4] != " "]
