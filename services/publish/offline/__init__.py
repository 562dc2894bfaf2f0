"""Offline exchange: signed packages carried between networks that have no connection, and their acknowledgements."""
