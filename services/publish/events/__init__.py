"""What leaves the house as events, described for those who receive it."""
