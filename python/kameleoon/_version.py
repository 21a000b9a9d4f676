"""The version of this package, and of the vendor's API that it has. Imports nothing."""

from __future__ import annotations

__all__ = ["API_LEVEL", "__version__"]

API_LEVEL = "3.22.2"
"""The release of the pure-Python client whose API this is; the client reports itself to the service as this."""

__version__ = f"{API_LEVEL}.1"
"""The API level, and the number of our release of it. ``pyproject.toml`` says the same; a test compares them."""
