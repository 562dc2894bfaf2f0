"""Transports: the ways to a platform. One class each; the exchange knows what they can do, never which one it has."""
