"""Which matters of superiors a region is offered, and what has become of those it took."""
