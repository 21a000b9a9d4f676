"""Worker processes of a deployment: ``python -m tests.sharing.workers COUNT OPTIONS``. Each makes a client, and writes a
line whenever it has another data file or another role. They end when their parent does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from kameleoon import KameleoonClient, KameleoonClientConfig


def work(options: dict[str, Any], parent: int) -> None:
    site_code = options.pop("site_code")
    client = KameleoonClient(site_code, KameleoonClientConfig("client-0123456789", "secret-0123456789", **options))
    told: Any = None
    while os.getppid() == parent:
        stats = client.stats()
        assert stats.data_source is not None
        seen = [client.get_feature_list(), stats.data_source.state, stats.data_file_source]
        if seen != told:
            told = seen
            line = {"process": os.getpid(), "flags": seen[0], "state": seen[1], "source": seen[2], "at": time.time()}
            os.write(1, json.dumps(line).encode() + b"\n")  # one write: lines of processes do not mix
        time.sleep(0.02)
    os._exit(0)


def main() -> None:
    parent = os.getpid()
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            work(json.loads(sys.argv[2]), parent)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
