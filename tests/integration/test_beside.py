"""This distribution beside ``kameleoon-client-python``, in environments of their own, installed by pip."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import kameleoon

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PACKAGE = Path(kameleoon.__file__).parent
BUILD = runpy.run_path(str(ROOT / "shim" / "build.py"))

# A stand-in for the pure-Python client: what an interpreter finds of it, without its code.
FOREIGN = {
    "kameleoon/__init__.py": b"import kameleoon.sdk_version\nIS_FOREIGN = True\n",
    "kameleoon/sdk_version.py": b"",
    "kameleoon/network/__init__.py": b"",
    "kameleoon/network/network_manager.py": b"",
}
WHICH = "import kameleoon; print('foreign' if hasattr(kameleoon, 'IS_FOREIGN') else 'ours')"


class Environment:
    def __init__(self, folder: Path, wheels: Path) -> None:
        venv.create(folder, with_pip=False)
        self._wheels = wheels
        self._python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self, *requirements: str) -> None:
        # Everything is there: no index is asked.
        where = ["--no-index", "--find-links", str(self._wheels), "--disable-pip-version-check", "--quiet"]
        pip = [sys.executable, "-m", "pip", "--python", str(self._python)]
        subprocess.run([*pip, "install", *where, *requirements], check=True, timeout=300)

    def run(self, program: str) -> tuple[str, str]:
        """What a program prints, and what it warns of."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [self._python, "-c", program], capture_output=True, text=True, env=environment, check=True, timeout=300
        )
        return done.stdout.strip(), done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ours, as it stands here; the stand-in; and a package that requires the other distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    files = {
        path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    write_wheel = BUILD["write_wheel"]
    write_wheel(folder, "kameleoon-rs", kameleoon.__version__, files=files)
    write_wheel(folder / "vendor", "kameleoon-client-python", "3.22.2", files=FOREIGN)
    write_wheel(folder, "uses-kameleoon", "1.0", requires=["kameleoon-client-python>=3.4"])
    return folder


@pytest.mark.slow
def test_with_the_shim_what_requires_the_other_distribution_keeps_our_files(wheels: Path, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    BUILD["build"](shims)
    environment = Environment(tmp_path / "environment", wheels)
    links = [f"--find-links={shims}", f"--find-links={wheels / 'vendor'}"]  # pip prefers the shim
    environment.install(*links, "uses-kameleoon")
    assert environment.run(WHICH) == ("ours", "")
    versions = (
        "from importlib.metadata import version; print(version('kameleoon-client-python'), version('kameleoon-rs'))"
    )
    assert environment.run(versions)[0] == f"3.22.2+rs {kameleoon.__version__}"
    # Nothing of it is installed but its name.
    files = (
        "from importlib.metadata import files; print({str(f).split('/')[0] for f in files('kameleoon-client-python')})"
    )
    assert environment.run(files)[0] == "{'kameleoon_client_python-3.22.2+rs.dist-info'}"


@pytest.mark.slow
def test_both_orders_of_installation_are_told_of(wheels: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment", wheels)
    environment.install("kameleoon-rs")
    assert environment.run(WHICH) == ("ours", "")
    environment.install(f"--find-links={wheels / 'vendor'}", "uses-kameleoon")  # writes over our files
    found, warned = environment.run(WHICH)
    assert found == "foreign"
    assert "UserWarning: kameleoon-client-python is installed beside kameleoon-rs" in warned
    environment.install("--force-reinstall", "kameleoon-rs")  # the other order
    found, warned = environment.run(WHICH)
    assert found == "ours"
    assert "UserWarning: kameleoon-client-python is installed beside kameleoon-rs" in warned
