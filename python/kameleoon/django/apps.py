"""The app's configuration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig

__all__ = ["KameleoonConfig"]


class KameleoonConfig(AppConfig):
    """The app ``kameleoon.django``, labelled ``kameleoon``. It makes no client: the first request does."""

    name: str = "kameleoon.django"
    label: str = "kameleoon"
    verbose_name: Any = "Kameleoon"

    def ready(self) -> None:
        """Registers the system checks."""
        from kameleoon.django import checks  # noqa: F401  # registers itself
