"""What the compiled module says of itself and of the processor."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from kameleoon._native import build_information

_PROCESSOR = Path("/proc/cpuinfo")
_NAMES = {"sha": "sha_ni", "ssse3": "ssse3", "sse4.1": "sse4_1", "sha2": "sha2"}
"""As Linux calls them."""


@pytest.mark.skipif(not _PROCESSOR.exists(), reason="Linux alone lists what the processor has")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no extensions are known")
def test_the_processor_s_extensions_are_those_that_the_system_lists() -> None:
    lines = _PROCESSOR.read_text().splitlines()
    listed = next(line for line in lines if line.startswith(("flags", "Features"))).split()
    information = build_information()
    assert information["extensions"] == {name: _NAMES[name] in listed for name in information["extensions"]}
    assert information["has_hash_instructions"] == all(information["extensions"].values())


def test_how_it_was_built_is_said() -> None:
    information = build_information()
    assert isinstance(information["is_optimized"], bool)
    assert isinstance(information["is_profile_guided"], bool)
