"""Which supervision items belong to which permits, as the mapping sheet says (映射关系梳理表)."""
