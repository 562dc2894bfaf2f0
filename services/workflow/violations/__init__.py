"""Violations (违规办件): what handling records show against the lists, followed until somebody has seen to it."""
