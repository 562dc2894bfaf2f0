"""Questions to the counterpart above (政策解答): asked on a list or an entry, answered within a limit, shared below."""
