"""Handling records (办件) of service platforms, held against the list in force when they were accepted."""
