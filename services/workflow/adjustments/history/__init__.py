"""What happened to an adjustment, from the log: the timeline of its page."""
