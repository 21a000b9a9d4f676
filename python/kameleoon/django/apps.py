"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["KameleoonConfig"]


class KameleoonConfig(AppConfig):
    """The app ``kameleoon.django``, labelled ``kameleoon``. It makes no client: the first request does."""

    name = "kameleoon.django"
    label = "kameleoon"
    verbose_name = "Kameleoon"

    def ready(self) -> None:
        """Registers the system checks."""
        from kameleoon.django import checks  # noqa: F401  # registers itself
