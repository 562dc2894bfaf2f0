"""Which lists a region of a kind must have, and where a zone's entries come from (开发区清单)."""
