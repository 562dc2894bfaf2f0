"""Peers: the platforms that lists are exchanged with, and how far the exchange is."""
