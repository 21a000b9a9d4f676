"""A second interpreter in the process, as mod_wsgi makes one for each application."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap

import pytest

NAMES = ["_interpreters", "_xxsubinterpreters"]  # of Python 3.13 and after, of those before
for name in NAMES:
    try:
        importlib.import_module(name)
        break
    except ImportError:
        continue
else:
    pytest.skip("no subinterpreters here", allow_module_level=True)
PROGRAM = (
    f"import {name} as interpreters, sys"
    + """
def run(code):
    is_new = sys.version_info >= (3, 13)
    interpreter = interpreters.create("legacy") if is_new else interpreters.create(isolated=False)  # as mod_wsgi's are
    failure = interpreters.run_string(interpreter, f"import sys; sys.path[:0] = {sys.path}\\n" + code)
    assert failure is None, failure
IMPORT = '''
try:
    from kameleoon import KameleoonClient
except ImportError as error:
    assert "main interpreter" in str(error), error
    assert "hint: " in str(error), error
    assert "WSGIApplicationGroup %{GLOBAL}" in str(error), error
    assert "kameleoon._native" not in sys.modules
else:
    raise AssertionError("it imports")
'''
"""
)


def run(program: str) -> None:
    code = PROGRAM + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_importing_in_a_second_interpreter_says_that_it_does_not_work_there() -> None:
    run("run(IMPORT)\nrun(IMPORT)")


def test_the_main_interpreter_is_not_disturbed() -> None:
    run("""
        import kameleoon
        run(IMPORT)
        run(IMPORT)
        assert kameleoon.Device(kameleoon.DeviceType.PHONE) == kameleoon.Device(kameleoon.DeviceType.PHONE)
    """)
