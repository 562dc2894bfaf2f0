"""Registering an index of documents, such as all laws in force, from a table."""
