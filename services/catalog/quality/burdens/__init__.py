"""Burden: what a matter costs the applicant, and what an adjustment changes of that."""
