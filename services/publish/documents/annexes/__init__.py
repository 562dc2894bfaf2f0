"""Annexes of published revisions, for everybody: cover and numbered rows, in the columns of the kind."""
