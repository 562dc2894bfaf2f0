"""Bindings: which procedure a kind of adjustment passes in a region, and which organ does the work of a role."""
