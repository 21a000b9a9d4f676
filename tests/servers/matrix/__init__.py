"""The matrix: one program under every server, and the same questions to each.

``rows.py`` has the servers, ``load.py`` the visitors, ``running.py`` the processes, ``questions.py`` what is asked,
``page.py`` the table of it in ``docs/servers.md``. `make test-matrix` asks; ``python -m tests.servers.matrix --write``
asks and writes the page.
"""
