"""Packages too large for a request: kept when they are handed in, taken by the worker."""
