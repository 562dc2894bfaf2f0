"""Entries beside the superior's rows they are held against, and those that people have to map (待对应)."""
