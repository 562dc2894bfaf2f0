"""Complaints (投诉举报) from every channel, linked to the entry or organ they are about, with limits and answers."""
