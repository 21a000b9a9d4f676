"""Programs as users write them, started by the tests in processes of their own. ORIGIN is the platform."""

CONFIRM = "&confirm"
"""What is added to the visitor code of one who is answered only once ``flush`` has confirmed the conversion."""
