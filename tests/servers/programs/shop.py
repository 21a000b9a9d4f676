"""The client of these programs, made when the module is imported."""

from __future__ import annotations

import os

from kameleoon import KameleoonClientConfig, KameleoonClientFactory

client = KameleoonClientFactory.create(
    "site", KameleoonClientConfig("client-id", "client-secret", endpoint=os.environ["ORIGIN"])
)
