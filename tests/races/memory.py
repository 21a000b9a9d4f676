"""What memory is in use: to the byte where the C library counts it, by pages otherwise."""

from __future__ import annotations

import ctypes
import gc
import os
import sys


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def _mallinfo2() -> object | None:
    function = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if function is not None:
        function.restype = _Mallinfo2
    return function


_COUNT = _mallinfo2()
BLOCK = 32
"""Python's own small objects are counted in blocks; the smallest that it hands out has 16 bytes, most have more."""


def is_counted() -> bool:
    """Whether ``in_use`` can be asked: with glibc 2.33 or later."""
    return _COUNT is not None


def in_use() -> int:
    """The bytes that the process has allocated and not given back: the extension's, and Python's."""
    gc.collect()
    info = _COUNT()
    return info.uordblks + info.hblkhd + BLOCK * sys.getallocatedblocks()


def resident() -> int:
    """The bytes of the process that lie in memory."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
