"""Results and filters of the client (spec 5, Results)."""
