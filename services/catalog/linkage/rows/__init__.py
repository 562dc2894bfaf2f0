"""Rules about rows of sub-tables: entries of one list name rows in entries of another."""
