"""Results and filters of the client (docs/evaluation.md#the-answer)."""
