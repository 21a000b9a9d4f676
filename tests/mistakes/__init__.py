"""Mistakes that users make, and what they read then: one list, from which docs/mistakes.md and its tests are made."""
