"""Programs as users write them, started by the tests in processes of their own. ORIGIN is the platform."""
