"""Feedback of the public on published entries, and its answers (HB-03)."""
