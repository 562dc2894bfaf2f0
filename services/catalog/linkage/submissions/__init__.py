"""Changes that are not decided yet, as the catalog sees them."""
