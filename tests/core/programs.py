"""Programs of their own processes, for what concerns a whole process."""

from __future__ import annotations

import subprocess
import sys
import textwrap

PREAMBLE = """
import os, sys, threading, time
from kameleoon import *
from kameleoon.kameleoon_client import KameleoonClient
def online(site="site", **options):
    options.setdefault("default_timeout_millisecond", 2000)
    return KameleoonClient(site, KameleoonClientConfig("id", "secret", endpoint=sys.argv[1], **options))
"""


def run(program: str, *arguments: str, timeout: float = 60, environment: dict[str, str] | None = None) -> str:
    """What the program prints. It must end well, in time, without a panic."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PREAMBLE + textwrap.dedent(program)]
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "panicked" not in done.stderr, done.stderr
    return done.stdout
