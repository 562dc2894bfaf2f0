"""Rows and batches: what a peer is to have, what was sent to it, what it answered."""
