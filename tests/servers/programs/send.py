"""Sends tasks to the queue of Celery's application, and ends at once. Argument: how many."""

from __future__ import annotations

import os
import sys

from tests.servers.programs import CONFIRM
from tests.servers.programs.tasks import convert

for number in range(int(sys.argv[1])):
    convert.delay(f"visitor-{number}" + (CONFIRM if "CONFIRM" in os.environ and number % 2 else ""))
os._exit(0)
