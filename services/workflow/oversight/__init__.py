"""Oversight (监督) as a whole: who may see it, what a region has set, what waits, and the figures."""
