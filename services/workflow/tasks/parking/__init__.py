"""Tasks that rest while their adjustment is suspended: in nobody's inbox, and not lost."""
