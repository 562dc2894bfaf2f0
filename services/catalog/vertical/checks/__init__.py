"""Findings about entries in view of the levels around them: V23, V24, townships, zones."""
