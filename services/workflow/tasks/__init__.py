"""Tasks: who has to act on what."""
