"""Campaigns (专项工作): plans of work on many lists at once, with phases, milestones and targets."""
