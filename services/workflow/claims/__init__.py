"""Tasks of claiming: one for each organ that has offers to answer, one for disputes to be decided."""
