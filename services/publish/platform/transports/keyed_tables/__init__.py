"""Transport `keyed_tables`: a library whose tables have keys, versions and validity of their own, as SPGL_* have."""
