"""Typed links between entries: what belongs together beyond what linkage rules find by themselves."""
