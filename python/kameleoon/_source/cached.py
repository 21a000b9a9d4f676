"""The data file that an earlier process has kept: a client that starts is ready at once."""

from __future__ import annotations

from kameleoon._data_file import DataFileSlot
from kameleoon.exceptions import KameleoonError
from kameleoon.logging.kameleoon_logger import KameleoonLogger

__all__ = ["shared_key", "use_cached"]


def shared_key(site_code: str, environment: str | None) -> str:
    """What a data file is shared under: it is that of a site and an environment.

    >>> shared_key("my-site", None)
    'my-site/default'
    """
    return f"{site_code}/{environment or 'default'}"


def use_cached(slot: DataFileSlot, cache: str, site_code: str, environment: str | None) -> None:
    """Uses what ``data_file_cache`` has, unless the program's own data file is newer. Never raises: what cannot be read
    is logged, and the service is asked.
    """
    from kameleoon.stores.file_store import FileStore  # only for those who use it

    try:
        kept = FileStore(cache).get(shared_key(site_code, environment))
        if kept is None or not slot.use(kept.text, "cache"):
            return
    except (OSError, ValueError, KameleoonError) as error:
        KameleoonLogger.warning(
            "the data file in data_file_cache cannot be used: %s. hint: it is written again once one has been fetched",
            error,
        )
        return
    slot.is_fetched = True
    slot.last_modified, slot.updated_at = kept.last_modified, kept.checked_at
