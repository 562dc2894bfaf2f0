"""Entries that the cause of an adjustment concerns (候选事项): proposed to those who compile, who answer for each."""
