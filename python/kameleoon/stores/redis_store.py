"""``RedisStore``: the processes of a deployment share a data file by Redis (docs/deployment.md#redis)."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from kameleoon._native import process_generation
from kameleoon.exceptions import ConfigException
from kameleoon.stores.data_file_store import StoredDataFile

__all__ = ["RedisStore"]

_TIMEOUT_SECONDS = 1.0

# The keys of a data file share a hash tag, so that a cluster keeps them together. Terms are numbered by the server's
# clock, in microseconds: they never fall, whatever is evicted or wiped, and no two requests are within one.
_SHOULD_FETCH = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return '0' end
local term = redis.call('HGET', KEYS[2], 'term')
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  if term then return term end
else
  redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
term = math.max(now, (tonumber(term) or 0) + 1)
term = string.format('%.0f', term)
redis.call('HSET', KEYS[2], 'term', term)
return term
"""
_RECEIVED = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('HGET', KEYS[2], 'term') ~= ARGV[2] then return 0 end
if redis.call('HGET', KEYS[2], 'version') ~= ARGV[5] or redis.call('HEXISTS', KEYS[2], 'text') == 0 then
  if ARGV[6] == '' then return -1 end
  redis.call('HSET', KEYS[2], 'version', ARGV[5], 'text', ARGV[6])
end
redis.call('HSET', KEYS[2], 'checked_at', ARGV[3], 'last_modified', ARGV[4])
return 1
"""
_CLOSE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisStore:
    """One process of the deployment fetches, and gives the data file to the others by Redis (or Valkey).

    The one that fetches holds a lease, ``SET … NX PX``, which it renews; if it dies, another one takes it within
    ``lease_second``. Each term has a number that only rises, and what comes late, from a process that has lost its
    lease, is dropped by the server itself. The others ask twice a second whether there is another data file.
    Wants redis-py: ``pip install 'kameleoon-rs[redis]'``; ``ConfigException`` says so where it is missing.

    >>> RedisStore("redis://localhost:6379/0", prefix="shop")
    RedisStore(prefix='shop')
    """

    def __init__(self, redis: Any, *, prefix: str = "kameleoon", lease_second: float = 5.0) -> None:
        """``redis``: an address (``redis://``, ``rediss://``, ``unix://``), or a client of redis-py that is yours: of a
        cluster, of a sentinel. Give that one time-outs: a call without an end holds up the store's thread. ``prefix``:
        what the names of the keys begin with. ``lease_second``: seconds for which a lease is good, more than 2.
        """
        if not lease_second > 2:
            raise ConfigException(f"RedisStore: lease_second must be more than 2 seconds, not {lease_second!r}")
        self._redis = _connected(redis) if isinstance(redis, str) else redis
        self._should_fetch, self._received, self._close = (
            self._redis.register_script(script) for script in (_SHOULD_FETCH, _RECEIVED, _CLOSE)
        )
        self._prefix = prefix
        self._lease = int(lease_second * 1000)
        self._holder = ""
        self._process = -1
        self._seen: dict[str, tuple[bytes, bytes]] = {}

    def should_fetch(self, key: str) -> int:
        """As ``DataFileStore``."""
        keys = self._keys(key)
        return int(self._should_fetch(keys=keys, args=(self._me(), self._lease)))

    def get(self, key: str) -> StoredDataFile | None:
        """As ``DataFileStore``. The text is asked for where its hash is another one."""
        record = self._keys(key)[1]
        version, checked_at, last_modified = self._read(record, "version", "checked_at", "last_modified")
        if version is None or checked_at is None:
            return None
        known = self._seen.get(key)
        if known is None or known[0] != version:
            version, text = self._read(record, "version", "text")
            if version is None or text is None or hashlib.sha256(text).hexdigest().encode("ascii") != version:
                return None  # emptied, or written, in between
            self._seen[key] = known = (version, text)
        return StoredDataFile(known[1], float(checked_at), last_modified.decode("utf-8") if last_modified else None)

    def received(self, key: str, data_file: StoredDataFile, token: int) -> None:
        """As ``DataFileStore``. The text is sent where the server has another one."""
        version = hashlib.sha256(data_file.text).hexdigest().encode("ascii")
        last_modified = data_file.last_modified or ""
        for text in (b"", data_file.text):
            arguments = (self._me(), token, repr(data_file.checked_at), last_modified, version, text)
            if int(self._received(keys=self._keys(key), args=arguments)) >= 0:
                break

    def close(self, key: str) -> None:
        """As ``DataFileStore``."""
        self._close(keys=self._keys(key)[:1], args=(self._me(),))

    def _read(self, record: str, *fields: str) -> list[bytes | None]:
        """Fields of a record, as bytes also where the client that was given decodes them."""
        values = self._redis.hmget(record, *fields)
        return [value.encode("utf-8") if isinstance(value, str) else value for value in values]

    def _keys(self, key: str) -> tuple[str, str]:
        name = f"{{{self._prefix}:{key}}}"
        return f"{name}:lease", f"{name}:data-file"

    def _me(self) -> str:
        """What this process calls itself: another name in a forked child, which is not to hold its parent's lease."""
        process = process_generation()
        if self._process != process:
            self._process, self._holder = process, uuid.uuid4().hex
        return self._holder

    def __repr__(self) -> str:
        return f"RedisStore(prefix={self._prefix!r})"


def _connected(address: str) -> Any:
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ConfigException(
            "RedisStore needs redis-py, which is not installed", hint="pip install 'kameleoon-rs[redis]'"
        ) from error
    try:
        return redis.Redis.from_url(
            address,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a connection that was closed meanwhile
        )
    except ValueError:  # its text may be a part of a password
        raise ConfigException(
            "RedisStore: the address cannot be used",
            hint="redis://, rediss:// or unix://, as redis://user:password@host:6379/0; what is special in a password "
            "is percent-encoded",
        ) from None
