"""Odd arguments: every public callable with values of every kind, on this client and on the reference client.

``values`` and ``cases`` say what is called, ``play`` calls it on whichever client is importable, ``compare`` sets the
answers of both side by side, ``differences`` is the documented list of those that differ.
"""
