"""``python -m tests.typing.completeness``: every public name has a type that type checkers can tell, seen from outside, as a
user's program sees it. Pyright's ``--verifytypes`` does that; it exits with 1 unless that is 100 %.

Of two packages it must be told that they have types, else the classes that derive from theirs count as unknown: OpenFeature's
SDK, which has no ``__init__.py``, and Django, whose types are in a package beside it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PYTHON = Path(__file__).parents[2] / "python"
SITE = Path(sysconfig.get_paths()["purelib"])
TYPES = {"openfeature": "openfeature", "django-stubs": "django"}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        typed, user = Path(folder) / "typed", Path(folder) / "user"
        user.mkdir()
        for found, name in TYPES.items():
            shutil.copytree(SITE / found, typed / name)
            for marker in ("py.typed", "__init__.py"):
                if not (typed / name / "__init__.pyi").exists() or marker == "py.typed":
                    (typed / name / marker).touch()
        command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
        done = subprocess.run(
            [*command, "--verifytypes", "kameleoon", "--ignoreexternal"],
            cwd=user,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(PYTHON), str(typed)))},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
