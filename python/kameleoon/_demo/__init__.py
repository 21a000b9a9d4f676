"""``python -m kameleoon demo``: 100,000 visitors of an imaginary web shop, and who got what."""
