"""Mirrored lists, which follow the catalogue of a superior's platform, and what platforms reject of our entries."""
