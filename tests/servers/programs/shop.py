"""The client of these programs, made when the module is imported."""

from __future__ import annotations

import logging
import os

from kameleoon import KameleoonClientConfig, KameleoonClientFactory

logging.basicConfig()
client = KameleoonClientFactory.create(
    "site",
    KameleoonClientConfig("client-id", "client-secret", top_level_domain="example.com", endpoint=os.environ["ORIGIN"]),
)
