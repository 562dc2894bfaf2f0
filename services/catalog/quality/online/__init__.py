"""Which matters suit being handled online, and which really are (TH-36)."""
