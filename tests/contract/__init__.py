"""The contract suite: scenarios that any SDK can be held to, over a small HTTP adapter (docs/contract.md).

``python -m tests.contract --adapter ours`` runs all of them on this client, ``--adapter reference`` on the reference
client, ``--url http://127.0.0.1:PORT`` on whatever answers there.

``recorded`` makes steps of what the reference client answered, ``deliberate`` has what this client does better on
purpose; ``harness`` drives an adapter, ``comparison`` says what is equal, ``report`` shows the outcome. ``adapter`` is the
other side, for clients of Python.
"""
