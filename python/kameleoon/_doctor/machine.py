"""What is installed here: this package, the other distribution of its name, Python, libraries, the compiled module."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from kameleoon._doctor.finding import Finding, failed, ok, warning
from kameleoon._installation import has_another_client
from kameleoon._native import __version__ as engine_version
from kameleoon._native import build_information
from kameleoon._version import __version__

__all__ = ["build", "hashing", "installation", "versions"]

_OWN, _OTHER = "kameleoon-rs", "kameleoon-client-python"
_PACKAGE = Path(__file__).parents[1]
_REINSTALL = "uninstall both, then install kameleoon-rs again (docs/migrating.md#beside-the-other-distribution)"


def installation() -> Finding:
    """Whether this package is whole, and alone under its name."""
    own, other = _version(_OWN), _version(_OTHER)
    details = {"path": str(_PACKAGE), "version": __version__, "installed": own, "other": other}
    if has_another_client():
        text = f"files of {_OTHER} stand among those of {_OWN} in {_PACKAGE}"
        return failed("installation", text, _REINSTALL, **details)
    if other is not None and not any(name.startswith(_OWN) for name in metadata.requires(_OTHER) or ()):
        text = f"{_OTHER} {other} is installed as well, elsewhere than in {_PACKAGE}"
        return warning("installation", text, _REINSTALL, **details)
    if own is not None and own != __version__:
        text = f"{_OWN} {own} is installed, and version {__version__} is imported, from {_PACKAGE}"
        return warning("installation", text, "does PYTHONPATH, or the folder of the program, hide it?", **details)
    return ok("installation", f"{_OWN} {__version__} (engine {engine_version}) in {_PACKAGE}", **details)


def versions() -> Finding:
    """Python's, and those of the libraries that the package uses, extras included."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        python += " without the GIL"
    system = f"{platform.system()} {platform.machine()}"
    found = {name: version for name in _libraries() if (version := _version(name)) is not None}
    shown = ", ".join(f"{name} {version}" for name, version in found.items())
    return ok("versions", f"{python}, {system}, {shown}", python=python, system=system, libraries=found)


def build() -> Finding:
    """How the compiled module was built."""
    how = build_information()
    details = {name: how[name] for name in ("is_optimized", "is_quick_build", "is_profile_guided")}
    if not how["is_optimized"]:
        hint = "a release build is many times faster: make build, or a wheel"
        return warning("build", "not optimized: a debug build", hint, **details)
    if how["is_profile_guided"]:
        return ok("build", "optimized along a profile", **details)
    if how["is_quick_build"]:
        text = "built quickly, to work on the client: evaluations take up to three times as long as in the wheels"
        return ok("build", text, **details)
    return ok("build", "optimized, without a profile: evaluations take a third longer than in the wheels", **details)


def hashing() -> Finding:
    """Whether the processor's own instructions work out the hashes."""
    how = build_information()
    extensions = how["extensions"]
    there = [name for name, is_there in extensions.items() if is_there]
    details = {"extensions": extensions, "has_instructions": how["has_hash_instructions"]}
    if how["has_hash_instructions"]:
        return ok("hashing", f"by the processor's instructions ({', '.join(there)})", **details)
    lacking = ", ".join(name for name, is_there in extensions.items() if not is_there)
    why = f"the processor lacks {lacking}" if lacking else f"none are known for {platform.machine()}"
    hint = "the answers are the same; a new visitor's first evaluation takes longer"
    return warning("hashing", f"by plain arithmetic: {why}", hint, **details)


def _libraries() -> list[str]:
    """The distributions that this one requires, always or for an extra, in their order."""
    try:
        wanted = metadata.requires(_OWN) or []
    except metadata.PackageNotFoundError:
        wanted = ["requests", "urllib3", "PyYAML"]
    names = [re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in wanted]
    return list(dict.fromkeys(names))


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
