"""Submissions: who may hand an adjustment over, the receipt with its time, and the paper copy (ZL-44, ZL-45)."""
