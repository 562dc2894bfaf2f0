"""Seals: what stood in the log at a time, hashed in a chain and signed with a key the database does not have."""
