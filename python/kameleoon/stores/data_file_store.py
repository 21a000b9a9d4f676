"""``DataFileStore``: a place where processes share a data file (docs/deployment.md#a-store-of-your-own)."""

from __future__ import annotations

from typing import NamedTuple, Optional, Protocol, runtime_checkable

__all__ = ["DataFileStore", "StoredDataFile"]


class StoredDataFile(NamedTuple):
    """A data file as one process gives it to the others.

    ``text``: its JSON. ``checked_at``: when the service said last that it is the latest, in seconds since the epoch.
    ``last_modified``: the service's ``Last-Modified`` of it, with which it can be asked for again at little cost;
    ``None`` where it is not known.

    >>> StoredDataFile(b'{"featureFlags": []}', checked_at=1764230400.0).last_modified is None
    True
    """

    text: bytes
    checked_at: float
    last_modified: Optional[str] = None  # evaluated at run time, in Python 3.9 too


@runtime_checkable
class DataFileStore(Protocol):
    """A place where processes share a data file. Write one for what you have: a table, a bucket, another cache.

    The client calls it on a thread of its own, about twice a second, never on an event loop or in an evaluation, one
    call at a time. A call may wait for a network, but for a bounded time. Whatever it raises is logged once, and tried
    again; meanwhile the client goes on with what it has, and after half a minute at most fetches itself. ``key`` names
    what is shared: the site and the environment. After a fork a child goes on with its parent's object.
    See docs/deployment.md#a-store-of-your-own.

    >>> class Shared:  # by the threads of one process
    ...     data_file = None
    ...     def should_fetch(self, key):
    ...         return True
    ...     def get(self, key):
    ...         return self.data_file
    ...     def received(self, key, data_file, token):
    ...         self.data_file = data_file
    ...     def close(self, key):
    ...         pass
    >>> isinstance(Shared(), DataFileStore)
    True
    """

    def should_fetch(self, key: str) -> int:
        """Whether this process is the one that fetches: takes that upon it if nobody has, and renews it.

        0 or ``False``: another one is. Any other number is the token of this term: ``received`` gets the one under
        which the fetch began. A new number means that another process may have fetched meanwhile, or that the store was
        emptied: the client fetches at once. Where no such thing is known, ``True`` will do.
        """
        ...

    def get(self, key: str) -> StoredDataFile | None:
        """The data file that was received last, ``None`` for none. Where nothing has changed, give the ``text`` of
        before, the same object: it is asked for twice a second.
        """
        ...

    def received(self, key: str, data_file: StoredDataFile, token: int) -> None:
        """Keeps a data file that this process has fetched, or found to be the latest still. A store that can tell drops
        what comes with another token than the present one: it is late.
        """
        ...

    def close(self, key: str) -> None:
        """Lets another process fetch, if this one does: it ends, or it could not fetch for a while. If it goes on, it
        calls ``should_fetch`` again, after some seconds.
        """
        ...
