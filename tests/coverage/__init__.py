"""What the tests take of both languages: ``make coverage`` measures it and writes ``docs/coverage.md``."""
