"""A platform's front-end exchange library: a database of its own, its tables, and the job that takes rows over."""
