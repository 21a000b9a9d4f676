"""What tests need: overrides of feature flags, what was exposed and converted, time travel, and a local platform.

``flags`` gives the flags that a test wants, without a network or a data file; ``exposures`` and ``conversions`` capture
what the code under test does; ``clock`` lets time pass; ``DataFile`` writes data files; ``Platform`` serves everything
that a client talks to. pytest has them as fixtures and as a marker. See docs/testing.md and docs/testing-data-files.md.

>>> from kameleoon.testing import flags, off, variables
>>> with flags(client, new_checkout=off):
...     client.is_feature_active("alice", "new-checkout")
False
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kameleoon.testing._captures import Conversions, Exposure, Exposures, TrackedConversion, conversions, exposures
    from kameleoon.testing._clock import Clock, clock
    from kameleoon.testing._data_file_mistake import DataFileMistake
    from kameleoon.testing._flags import FlagOverrides, flags
    from kameleoon.testing._known_flags import NotInDataFile
    from kameleoon.testing._overrides import FlagValue, Override, disabled, off, on, variables, variation
    from kameleoon.testing.data_file import DataFile
    from kameleoon.testing.faults import Fault, FaultKind, ServiceName
    from kameleoon.testing.platform import Platform

__all__ = [
    "Clock",
    "Conversions",
    "DataFile",
    "DataFileMistake",
    "Exposure",
    "Exposures",
    "Fault",
    "FaultKind",
    "FlagOverrides",
    "FlagValue",
    "NotInDataFile",
    "Override",
    "Platform",
    "ServiceName",
    "TrackedConversion",
    "clock",
    "conversions",
    "disabled",
    "exposures",
    "flags",
    "off",
    "on",
    "variables",
    "variation",
]

_NAMES = {
    "_captures": ("Conversions", "Exposure", "Exposures", "TrackedConversion", "conversions", "exposures"),
    "_clock": ("Clock", "clock"),
    "_data_file_mistake": ("DataFileMistake",),
    "_flags": ("FlagOverrides", "flags"),
    "_known_flags": ("NotInDataFile",),
    "_overrides": ("FlagValue", "Override", "disabled", "off", "on", "variables", "variation"),
    "data_file": ("DataFile",),
    "faults": ("Fault", "FaultKind", "ServiceName"),
    "platform": ("Platform",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


if not TYPE_CHECKING:  # to a type checker a name that is not there is a mistake

    def __getattr__(name: str) -> Any:
        """Imports what is asked for: pytest imports the package into every run."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # here, so that importing the package stays fast

        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
