"""Decisions: signature, review, legality, the decision itself, and what the catalog made of it."""
