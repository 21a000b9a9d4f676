"""A platform for the servers of these tests."""

from __future__ import annotations

from tests.integration.conftest import platform

__all__ = ["platform"]
