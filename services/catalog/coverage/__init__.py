"""Coverage: which matters of the other lists a list shows, and which it ought to show and does not."""
