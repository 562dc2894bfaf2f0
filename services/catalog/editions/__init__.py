"""Editions of lists: a list as it stood at an instant, under a name, and how two of them differ."""
