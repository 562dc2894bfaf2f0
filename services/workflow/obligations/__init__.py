"""Obligations (应完成事项): what one unit owes by one day in a campaign, and what the log says has become of it."""
