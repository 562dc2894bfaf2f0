"""Adjustments (动态调整): opened, submitted, withdrawn, rebased, and told in full."""
