"""Entries in the shape of a peer's item library: one nested document an entry, read and written from one table."""
