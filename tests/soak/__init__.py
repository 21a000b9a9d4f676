"""The client for hours: processes of threads, a service that fails, forks, time jumps (``make soak HOURS=1``)."""
