"""Coverage: sources that ought to have a counterpart and have none, or that somebody answers for."""
