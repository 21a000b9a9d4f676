"""A program may end while its daemon threads are inside a call of this package that runs Python code of theirs.

CPython ends such a thread the moment it wants the GIL back: before 3.14 by ``pthread_exit``, which unwinds the thread's
stack, and must not be let loose on Rust's frames.

``python -m tests.integration.test_exit_threads [COUNT] [CASE ...]`` tries each case more often, and counts.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PREAMBLE = """
import gc, sys, threading, time
from kameleoon import KameleoonClientConfig
from kameleoon.data import Browser, Conversion, CustomData, Geolocation, PageView
from kameleoon.exceptions import FeatureNotFound
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.logging.log_level import LogLevel
from kameleoon.types.variable import Variable
from tests.data_files import data_file, flag, targeted_by

def busy(result=None):
    for _ in range(100):
        pass
    return result

class Custom:
    def __str__(self): return busy("text")
    def __repr__(self): return busy("text")
    def __bool__(self): return busy(True)
    def __index__(self): return busy(7)
    def __float__(self): return busy(1.5)
    def __eq__(self, other): return busy(other == 1)
    def __hash__(self): return busy(1)

class Mortal:
    def __del__(self): busy()

class Cyclic(Mortal):
    living = 0
    def __init__(self): self.itself = self; Cyclic.living += 1
    def __del__(self): Cyclic.living -= 1; busy()

class Logger:
    def log(self, level, message): busy()

class Subclass(CustomData):
    pass

def items():
    for _ in range(3):
        yield busy(CustomData(1, "x"))

KameleoonLogger.set_logger(Logger())
pattern = {"targetingType": "CUSTOM_DATUM", "customDataIndex": 1, "valueMatchType": "REGULAR_EXPRESSION",
           "value": r"(?>a|b)+\\Z(?#python)", "isInclude": True}
file = targeted_by(pattern, customData=[{"index": 1, "id": 1, "scope": "VISITOR"}])
client = KameleoonClient("site", KameleoonClientConfig.offline(file))
client.add_data("v", CustomData(1, "abab"))
custom = Custom()
"""
CASES = {
    "a WARNING line": "client.add_data('v', 'no datum')",
    "a DEBUG line": "KameleoonLogger.set_log_level(LogLevel.DEBUG)\n"
    "client.is_feature_active('v', 'flag')\nclient.get_variation('v', 'flag')",
    "__str__ of a value": "CustomData(1, custom)",
    "__str__ of a feature key": "try: client.get_variation('v', custom)\nexcept FeatureNotFound: pass",
    "an iterator of metadata": "client.track_conversion('v', 1, metadata=items())\nConversion(1, metadata=items())",
    "__eq__ of an enum": "Browser(custom)",
    "__bool__ of a switch": "client.is_feature_active('v', 'flag', track=custom)\nclient.add_data('v', track=custom)",
    "__index__ of an id": "client.track_conversion('v', custom)\nPageView('u', None, [custom, custom])",
    "__float__ of a number": "Geolocation('c', latitude=custom)",
    "__eq__ of a variable": "Variable('k', 'JSON', custom) == Variable('k', 'JSON', custom)",
    "__repr__ of a variable": "repr(Variable('k', 'JSON', custom))",
    "__del__ of a value": "Variable('k', 'JSON', Mortal())\nVariable('k', 'JSON', [Mortal()])",
    "__del__ in a collection": "gc.get_threshold()[0] == 1 or gc.set_threshold(1)\n"
    "Cyclic.living < 500 and Cyclic()  # while one thread collects, nobody else does\nclient.get_variations('v')\nSubclass(1, 'x')\nCustomData(1, 'x').values",
    "an exception": "try: client.get_variation('v', 'unknown')\nexcept FeatureNotFound: pass",
    "Python's re": "client.is_feature_active('v', 'flag')",
    "a client's making": "KameleoonClient('site', KameleoonClientConfig.offline(file))",
    "repr of data": "repr(CustomData('n', 'x')); repr(Browser(1)); hash(Subclass(1)); CustomData(1) == Subclass(1)",
}
PROGRAM = """
def work():
    while True:
{body}

sys.setswitchinterval(1e-5)
for _ in range(8):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
"""


def program(case: str) -> str:
    return PREAMBLE + PROGRAM.format(body="\n".join(f"        {line}" for line in CASES[case].split("\n")))


def outcomes(case: str, count: int) -> list[tuple[int, str]]:
    """The return codes of ``count`` runs, and what they wrote to the standard error."""

    def run(_: int) -> tuple[int, str]:
        command = [sys.executable, "-W", "ignore", "-c", program(case)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.parametrize("runs", [2, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("case", CASES)
def test_a_program_ends_well_while_daemon_threads_are_inside_of_calls(case: str, runs: int) -> None:
    assert outcomes(case, runs) == [(0, "")] * runs


def test_a_program_with_an_offline_client_ends() -> None:
    """The timers' thread may be ended while it holds its lock; nobody may want that one any more."""
    code = """
import sys
from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient
from tests.data_files import data_file, flag
client = KameleoonClient("site", KameleoonClientConfig.offline(data_file(flag())))
sys.setswitchinterval(1e-5)
"""

    def run(_: int) -> tuple[int, str]:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, range(60))) == [(0, "")] * 60


def main(count: int, cases: list[str]) -> None:
    for case in cases or CASES:
        found = outcomes(case, count)
        failed = [outcome for outcome in found if outcome != (0, "")]
        codes = sorted({code for code, _ in failed})
        print(
            f"{case:30} {len(failed):4} of {count} failed {codes} {failed[0][1][-300:] if failed else ''}", flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200, sys.argv[2:])
