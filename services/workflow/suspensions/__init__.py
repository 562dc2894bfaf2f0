"""Adjustments that rest: suspended under review, held or revoked between decision and effect."""
