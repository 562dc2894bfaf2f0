"""The issue log of a campaign (问题台账): major problems, reported at once to who runs it, and how they were solved."""
