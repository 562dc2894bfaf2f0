"""Batches: what goes out together under a number, one open at a time."""
