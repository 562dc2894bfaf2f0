"""From what happened to tasks to a message for each of those it concerns."""
