"""Validity: whether a code held on a date, and everything that was ever published of an item."""
