"""The commands of ``python -m kameleoon``, one file each: ``add`` declares a command's arguments, ``run`` runs it.

What several commands need is beside them: ``arguments``, ``reading`` and ``writing`` of tables, ``progress``, and what
``assign`` shows at its end (``shares``, ``plot``). Whatever needs pyarrow is imported by
the commands that need it, when they run.
"""
