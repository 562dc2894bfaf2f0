"""Compilation guides (编制指南): how the lists of a kind are compiled in a campaign, and by which days."""
