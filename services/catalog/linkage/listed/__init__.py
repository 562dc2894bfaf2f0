"""Rules about codes that must stand in a sub-table of another list."""
