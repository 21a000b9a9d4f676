"""A program that Prometheus scrapes: ``python metrics_shop.py 9100``. What it and Grafana need is beside it."""

import random
import sys
import time

from prometheus_client import REGISTRY, start_http_server

from kameleoon import KameleoonClientFactory
from kameleoon.prometheus import KameleoonCollector


def main(port: int) -> None:
    client = KameleoonClientFactory.create("shop")
    REGISTRY.register(KameleoonCollector(client))
    start_http_server(port, addr="127.0.0.1")
    client.wait_init(10_000)
    while True:  # customers come, and buy
        visitor = client.visitor(f"customer {random.randrange(100_000)}")
        if visitor.is_active("checkout"):
            visitor.convert(7, revenue=20.0)
        time.sleep(0.002)


if __name__ == "__main__":
    main(int(sys.argv[1]))
