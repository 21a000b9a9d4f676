"""Whatever a hostile data file, visitor or program hands over: no panic, no deadlock, no answer that takes long."""
