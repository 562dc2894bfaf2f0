"""What became of entries that were merged or split, and of the codes inside one that another organ took over."""
