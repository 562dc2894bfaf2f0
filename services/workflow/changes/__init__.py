"""Changes: what an adjustment puts in place, entry by entry."""
