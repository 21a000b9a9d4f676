"""Which files a release has, and whether a folder has exactly these: the gate of `.github/workflows/wheels.yml`.

usage: python -m release.manifest FOLDER

Needs nothing but Python, so that the job which holds the right to publish installs nothing.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "kameleoon_rs"
PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314", "cp315")
FREE_THREADED = ("cp314t", "cp315t")
PLATFORMS = (
    "manylinux2014_x86_64.manylinux_2_17_x86_64",
    "manylinux2014_aarch64.manylinux_2_17_aarch64",
    "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64",
    "macosx_10_12_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
    "win_arm64",
)
NOT_MADE = {("cp310", "win_arm64")}
"""There is no such interpreter."""
LARGEST = 20_000_000
"""Bytes. Ten times of what a wheel has: more is a build that was not stripped."""


def version() -> str:
    """The version that is released, as pyproject.toml has it."""
    found = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit("'pyproject.toml' has no version")
    return found[1]


def expected(version: str) -> set[str]:
    """The names of a release's files."""
    names = {f"{NAME}-{version}.tar.gz"}
    for platform in PLATFORMS:
        made = [python for python in PYTHONS if (python, platform) not in NOT_MADE]
        names.update(f"{NAME}-{version}-{python}-{python}-{platform}.whl" for python in made)
        names.update(f"{NAME}-{version}-{python[:-1]}-{python}-{platform}.whl" for python in FREE_THREADED)
    return names


def sorted_tags(name: str) -> str:
    """A wheel's name with its platform's tags in order: two names of one platform come in any order."""
    start, dash, platform = name.removesuffix(".whl").rpartition("-")
    return f"{start}{dash}{'.'.join(sorted(platform.split('.')))}.whl" if name.endswith(".whl") else name


def problems(names: Iterable[str], version: str) -> list[str]:
    """What is missing, and what should not be there."""
    found, wanted = set(map(sorted_tags, names)), expected(version)
    return [f"missing: {name}" for name in sorted(wanted - found)] + [
        f"not expected: {name}" for name in sorted(found - wanted)
    ]


def flaws(wheel: Path, version: str) -> Iterator[str]:
    """What is wrong with a wheel: its metadata, its extension module, its licences, its bill of materials, its size."""
    if wheel.stat().st_size > LARGEST:
        yield f"{wheel.name}: {wheel.stat().st_size:,} bytes are more than {LARGEST:,}"
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
        metadata = f"{NAME}-{version}.dist-info/METADATA"
        if metadata not in inside or f"\nVersion: {version}\n" not in archive.read(metadata).decode():
            yield f"{wheel.name}: its metadata are not those of {version}"
    for pattern, what in (
        (r"kameleoon/_native\.[^/]+\.(so|pyd)", "extension module"),
        (r"kameleoon/_native\.pyi", "stub"),
        (r"kameleoon/py\.typed", "py.typed"),
        (r"[^/]+\.dist-info/licenses/LICENSE-(APACHE|MIT)", "licence"),
        (r"[^/]+\.dist-info/sboms/[^/]+\.json", "bill of materials"),
    ):
        if not any(re.fullmatch(pattern, name) for name in inside):
            yield f"{wheel.name}: it has no {what}"


def main(folder: Path) -> int:
    """Prints what is wrong with a folder; 1 if something is."""
    release = version()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    found = problems((path.name for path in files), release)
    for path in files:
        if path.suffix == ".whl":
            found += flaws(path, release)
    print("\n".join(found) or f"{len(files)} files, all of {release} and no other")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("a release is one folder. hint: python -m release.manifest dist")
    sys.exit(main(Path(sys.argv[1])))
