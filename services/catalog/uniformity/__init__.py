"""Uniformity: the same matter handled alike by organs of one level, and named alike in the lists of a region."""
