"""The constants that a configuration begins with, which its signature and the table share. Imports nothing."""

from __future__ import annotations

DEFAULT_CONFIGURATION_PATH = "/etc/kameleoon/client-python.yaml"
"""Where a configuration is looked for when a program names none."""

DEFAULT_REFRESH_INTERVAL_MINUTES = 60
DEFAULT_SESSION_DURATION_MINUTES = 30
DEFAULT_DEFAULT_TIMEOUT_MILLISECONDS = 10_000
DEFAULT_TRACKING_INTERVAL_MILLISECONDS = 1000
MIN_TRACKING_INTERVAL_MILLISECONDS = 1000
MAX_TRACKING_INTERVAL_MILLISECONDS = 5000
DEFAULT_CLOSE_TIMEOUT_SECONDS = 2.0
DEFAULT_COOKIE_MAX_AGE_SECONDS = 380 * 24 * 60 * 60
DEFAULT_SPOOL_MAXIMUM_SIZE = 100
"""Megabytes."""
