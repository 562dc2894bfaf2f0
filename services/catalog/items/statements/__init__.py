"""The SQL of writing items, kept apart from the functions that use it."""
