"""A platform that keeps an item library: what it remembers."""
