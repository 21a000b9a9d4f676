"""``python -m tests.contract.adapter (ours|reference) [--port N]`` serves an adapter, and prints its address.

In an environment with the reference client that is ``reference``; it needs nothing but that client.
"""

from __future__ import annotations

import argparse
import logging
import warnings

from tests.contract.adapter.clients import adapter


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.adapter")
    parser.add_argument("which", choices=["ours", "reference"])
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with adapter(options.which, options.port) as server:
        print(server.url, flush=True)
        server.serve_forever(0.05)


if __name__ == "__main__":
    main()
