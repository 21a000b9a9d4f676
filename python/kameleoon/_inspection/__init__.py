"""What is wrong with a data file, found without asking anybody (docs/command-line.md#datafile-check).

``inspect`` asks each of the others. ``left_out`` is what the engine says; ``duplicates``, ``references`` and
``expositions`` look at the JSON; ``truth`` finds segments that are always true or always false, ``reach`` what nobody
can get. Only what is certain is said.
"""
