"""Cron jobs: ``python -m tests.spool.jobs OPTIONS``. A job tracks events, and writes a line for each that ``flush`` has
confirmed. Then it ends, or hangs until it is killed.
"""

from __future__ import annotations

import json
import os
import sys
import time

from kameleoon import KameleoonClient, KameleoonClientConfig


def main() -> None:
    options = json.loads(sys.argv[1])
    name, events, portion = options["name"], options["events"], options["portion"]
    config = KameleoonClientConfig(
        "client-0123456789",
        "secret-0123456789",
        endpoint=options["endpoint"],
        spool=options["spool"],
        default_timeout_millisecond=options.get("timeout", 1000),
        default_data_file={"featureFlags": []},
    )
    client = KameleoonClient("site", config)
    for start in range(0, events, portion):
        codes = [f"{name}-{number}" for number in range(start, min(start + portion, events))]
        for code in codes:
            client.track_conversion(code, 1)
        if client.flush(timeout=options.get("flush", 1.0)):
            os.write(1, f"{start} {len(codes)}\n".encode())
    if options.get("hangs"):
        time.sleep(1000)
    client.close()


if __name__ == "__main__":
    main()
