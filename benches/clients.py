"""Clients for benchmarks of this client alone: ready at once from a data file, with a service or without."""

from __future__ import annotations

import itertools
import json
import logging
from typing import Any

from kameleoon import KameleoonClientConfig
from kameleoon.kameleoon_client import KameleoonClient

logging.getLogger("Kameleoon SDK").setLevel(logging.CRITICAL)
_names = (f"bench{number}" for number in itertools.count())


def online(data_file: dict[str, Any], endpoint: str, **options: Any) -> KameleoonClient:
    """A client that tracks to a service."""
    config = KameleoonClientConfig("id", "secret", endpoint=endpoint, default_data_file=data_file, **options)
    client = KameleoonClient(next(_names), config)
    assert client.wait_init()
    return client


def alone(data_file: dict[str, Any]) -> KameleoonClient:
    """A client that queues events which nobody takes, as between two requests: nothing runs beside what is timed."""
    client = KameleoonClient(next(_names), KameleoonClientConfig.offline(data_file))
    try:
        client._configure(None, True, lambda: "")
    except TypeError:  # an older build, in `benches.two_builds`
        client._configure(None, True)
    return client


def pieces(client: Any) -> tuple[Any, Any, Any]:
    """The data file, the outbox and the visitors of a client, as its background parts have them."""
    return client._handles()


def encoded(data_file: dict[str, Any]) -> bytes:
    """A data file as it is fetched."""
    return json.dumps(data_file).encode()
