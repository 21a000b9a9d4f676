"""A provider for OpenFeature (docs/openfeature.md). Needs the extra ``openfeature``."""

from kameleoon.openfeature.provider import KameleoonProvider
from kameleoon.openfeature.telemetry import TelemetryHook

__all__ = ["KameleoonProvider", "TelemetryHook"]
