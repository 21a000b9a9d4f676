"""Builds the shim: a wheel ``kameleoon-client-python`` that contains nothing and requires ``kameleoon-rs``.

usage: python shim/build.py FOLDER      (``make shim``)

Where it is found, what requires ``kameleoon-client-python`` installs no files over ours (docs/migrating.md). It needs
the standard library alone.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import runpy
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "kameleoon-client-python"
OURS = "kameleoon-rs"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file knows: the same source gives the same bytes


def api_level() -> str:
    """The level of the vendor's API that this client has."""
    level: str = runpy.run_path(str(ROOT / "python" / "kameleoon" / "_version.py"))["API_LEVEL"]
    return level


def write_wheel(
    folder: Path, name: str, version: str, *, requires: Sequence[str] = (), files: Mapping[str, bytes] | None = None
) -> Path:
    """Writes a wheel for every Python 3, with ``files`` by their paths; gives its path."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        "Summary: Nothing but a requirement of kameleoon-rs, which has the same import name",
        *(f"Requires-Dist: {one}" for one in requires),
    ]
    wheel = ["Wheel-Version: 1.0", "Generator: kameleoon-rs", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    content = {
        **(files or {}),
        f"{stem}.dist-info/METADATA": "\n".join([*metadata, ""]).encode(),
        f"{stem}.dist-info/WHEEL": "\n".join([*wheel, ""]).encode(),
    }
    record = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{path},sha256={digest},{len(data)}\n")
    record.append(f"{stem}.dist-info/RECORD,,\n")
    content[f"{stem}.dist-info/RECORD"] = "".join(record).encode()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return target


def build(folder: Path) -> Path:
    """Builds the shim; gives its path."""
    level = api_level()
    return write_wheel(folder, NAME, f"{level}+rs", requires=[f"{OURS}=={level}.*"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    print(build(parser.parse_args().folder))
