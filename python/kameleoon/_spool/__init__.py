"""The spool: events that could not be sent, on disk, until this process or a later one sends them.

``spool`` writes and finds the files, ``spooled`` is one of them on its way to the service; ``kameleoon._tracking`` says
when. docs/tracking.md#the-spool.
"""
