"""Items: stable identity, immutable versions, codes that are never given twice, typed links."""
