"""Disputes about what was fed back: consultation, then the government's decision; the elements are locked meanwhile."""
