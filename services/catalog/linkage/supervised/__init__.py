"""The rule that a permit states its supervision (V17)."""
