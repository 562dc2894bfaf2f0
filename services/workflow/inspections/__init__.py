"""Inspections (督导检查): what was looked at and found; each finding is an order to put it right (QX-59)."""
