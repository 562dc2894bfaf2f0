"""Revisions: what every revision of a list shows, its hash, and the feed of visible changes."""
