"""Service guides, generated from the implementation list and the permit's specification; nothing is typed (K05)."""
