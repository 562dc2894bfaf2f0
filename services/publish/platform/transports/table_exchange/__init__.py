"""Transport `table_exchange`: rows written to and read from the platform's front-end exchange library (前置库)."""
