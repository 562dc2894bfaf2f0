"""Where to complain: the telephone numbers that the published entries of a region name, organ by organ."""
