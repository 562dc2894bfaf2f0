"""Tasks of people who have left, or do not hold their role any more: they lie for their colleagues again."""
