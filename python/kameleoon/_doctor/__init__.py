"""What ``python -m kameleoon doctor`` looks at, a file a kind of check (docs/command-line.md#doctor).

``run`` asks everything: ``services`` side by side, whose ``answers`` are judged; ``machine``, ``surroundings`` and
``files`` look at what is here. Each check gives a ``Finding``; ``report`` writes them.
"""
