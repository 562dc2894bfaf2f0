"""Standings: how leads, organs and regions did in a campaign, ranked, with the rows and events behind each figure."""
