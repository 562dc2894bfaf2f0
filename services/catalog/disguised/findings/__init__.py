"""Findings V20: a suspect that nobody has cleared."""
