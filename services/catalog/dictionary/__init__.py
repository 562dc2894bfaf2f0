"""The element dictionary: one meaning for each element key in all lists of a region (统一要素口径)."""
