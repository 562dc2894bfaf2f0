"""Rows made of links: a supervision item goes out with the permits it supervises, and again when those links change."""
