"""A script that tracks 100 conversions and ends. Arguments: the origin of each client, in the order they are made.

Every client tracks all of the visitors.
"""

from __future__ import annotations

import sys

from kameleoon import KameleoonClient, KameleoonClientConfig, KameleoonClientFactory

INTERVAL_MILLISECOND = 5000
"""The longest there is: nothing is sent before the script ends."""


def create(site_code: str, origin: str) -> KameleoonClient:
    config = KameleoonClientConfig(
        "client-id",
        "client-secret",
        top_level_domain="example.com",
        endpoint=origin,
        tracking_interval_millisecond=INTERVAL_MILLISECOND,
    )
    return KameleoonClientFactory.create(site_code, config)


clients = [create(f"site-{number}", origin) for number, origin in enumerate(sys.argv[1:])]
for client in clients:
    client.wait_init(500)
    for number in range(100):
        client.track_conversion(f"visitor-{number:03}", 1)
