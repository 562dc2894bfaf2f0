"""Papers of a campaign: plans, summaries and documents that units hand in and the coordinating group files."""
