"""Memory and races: growth, debug builds of Python, valgrind, sanitizers, free-threaded Python (`make races`)."""
