"""List kinds and element profiles: what a list is about and what its entries consist of, as data."""
