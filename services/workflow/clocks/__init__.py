"""Clocks: when a step is due."""
