"""The client in the processes of real servers and process models: what was tracked arrives, each event once.

`make test-servers` and `make test-matrix` install what they need. What is not installed, or cannot be built on a machine, is skipped.
"""
