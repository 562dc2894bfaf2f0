"""Sending again: from a number, from an instant, of an item, or just the numbers that a receiver misses."""
