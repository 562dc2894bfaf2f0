"""Entries that name organs anywhere in their elements."""
