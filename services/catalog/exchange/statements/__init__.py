"""Statements too long to sit among the calls."""
