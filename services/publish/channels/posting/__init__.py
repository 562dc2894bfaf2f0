"""Channels of paper and people: what was posted when, with evidence."""
