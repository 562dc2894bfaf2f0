"""Candidates: what the catalog says of items that may have to be published."""
