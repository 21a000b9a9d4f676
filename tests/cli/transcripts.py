"""The transcripts of a page: commands in blocks of text, each with what it shows.

``python -m tests.cli.transcripts`` writes those of docs/command-line.md anew, by running them.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from kameleoon.testing import Platform
from tests.cli.commands import run_command, shop
from tests.cli.page_files import write_files
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "command-line.md"
ORIGIN = "http://127.0.0.1:8765"
"""Where the platform is on the page; in the tests it is anywhere."""

_TRANSCRIPT = re.compile(
    r"^```text\n\$ python -m kameleoon ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
_OF_THE_MACHINE = re.compile(
    r"^(ok|warning) +(installation|versions|build|hashing|proxy|certificates) .*\n( +hint: .*\n)?", re.MULTILINE
)
"""Lines of ``doctor`` that are others on each machine."""
_OF_THE_TABLE = re.compile(r"^\w+ +(-|\S.*) +default\n", re.MULTILINE)
"""Parameters that nobody gives, whichever there are."""
_CHANGING = [
    (re.compile(r"(\d+) of \d+ are given"), r"\1 of … are given"),
    (re.compile(r"\d+ ms \([^)]*\)"), "… ms"),
    (re.compile(r"(not changed since|changed) .*"), r"\1 …"),
    (re.compile(r"^\d+ ok(, \d+ warning)?$", re.MULTILINE), "… ok"),
    (re.compile(r"[\d.]+ s \([\d,]+ rows/s\)"), "… s"),
    (re.compile(r" +"), " "),
]


def transcripts(page: Path) -> list[tuple[str, str]]:
    """Each command with what it shows."""
    return _TRANSCRIPT.findall(page.read_text(encoding="utf-8"))


def shown_by(command: str, folder: Path, origin: str = ORIGIN) -> str:
    """What a command shows in a folder, where the platform is at ``origin``."""
    arguments = shlex.split(command.replace("\\\n", " ").replace(ORIGIN, origin))
    run = run_command(*arguments, cwd=folder)
    assert "Traceback" not in run.stderr
    return (run.stdout + run.stderr).replace(origin, ORIGIN)


def settled(shown: str) -> str:
    """What a command shows, without what is another thing each time or on each machine."""
    shown = _OF_THE_TABLE.sub("", _OF_THE_MACHINE.sub("", shown))
    for pattern, replacement in _CHANGING:
        shown = pattern.sub(replacement, shown)
    return shown


def presentable(shown: str) -> str:
    """What a command shows, as a user's machine would show it."""
    shown = shown.replace(str(ROOT / "python"), "/srv/shop/lib/python3.11/site-packages")
    shown = re.sub(r"( urllib3 [\d.]+), .*", r"\1", shown)
    return re.sub(r"(ok +build +).*", r"\1optimized along a profile", shown)


def main() -> None:
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, Platform(shop(), 8765) as platform:
        write_files(Path(folder))
        for command, before in transcripts(PAGE):
            shown = shown_by(command, Path(folder), platform.origin)
            if settled(shown) != settled(before):
                block = f"```text\n$ python -m kameleoon {command}\n"
                text = text.replace(f"{block}{before}```", f"{block}{presentable(shown)}```", 1)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
