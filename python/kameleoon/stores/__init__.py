"""Where processes share a data file, so that one of them fetches it for all (docs/deployment.md).

>>> from kameleoon import KameleoonClientConfig
>>> from kameleoon.stores import FileStore
>>> KameleoonClientConfig("id", "secret", data_file_store=FileStore("/var/cache/shop/")).data_file_store
FileStore('/var/cache/shop/')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kameleoon.stores.data_file_store import DataFileStore, StoredDataFile

if TYPE_CHECKING:
    from kameleoon.stores.file_store import FileStore
    from kameleoon.stores.redis_store import RedisStore

__all__ = ["DataFileStore", "FileStore", "RedisStore", "StoredDataFile"]


def __getattr__(name: str) -> Any:
    """Imports a store when it is asked for: redis-py is an extra, and most programs need neither."""
    if name == "FileStore":
        from kameleoon.stores.file_store import FileStore

        return FileStore
    if name == "RedisStore":
        from kameleoon.stores.redis_store import RedisStore

        return RedisStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
