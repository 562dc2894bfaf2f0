"""Figures of oversight: by region and by organ, and what falls short (HB-40, ZL-57)."""
