"""Units: what a list shows of each implementing body (本单位清单), from the same source as the consolidated list."""
