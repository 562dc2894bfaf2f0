"""A list in the shape of a published annex: cover, numbered rows, the same columns in every format."""
