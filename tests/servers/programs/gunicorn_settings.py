"""gunicorn's settings for the tests. Those that a version does not know it passes over."""

from __future__ import annotations

control_socket_disable = True  # it would lie in the home directory, and its threads in the arbiter disturb the forks
