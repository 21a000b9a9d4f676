"""The asynchronous side: the ``…_async`` methods as tasks of the running event loop.

Where ``aiohttp`` is installed (the extra ``kameleoon-rs[async]``) requests are tasks themselves (``aio``,
``sessions``); without it they are made by a few threads of the client's own (``threads``). ``calls`` decides, and is
all that others use. Tokens, name look-ups, counts, events and bounds are those of ``kameleoon._network``, shared with
the threaded side.
"""
