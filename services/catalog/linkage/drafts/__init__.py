"""Drafts: what a rule implies for another list, waiting for the people of that list to accept or to object."""
