"""A local stand-in for the Kameleoon platform, for tests and for trying things out; see ``Platform``."""

from kameleoon.testing.faults import Fault, FaultKind, ServiceName
from kameleoon.testing.platform import Platform

__all__ = ["Fault", "FaultKind", "Platform", "ServiceName"]
