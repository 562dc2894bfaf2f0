"""Matters: everything that calls for an order to put it right, wherever it was found, with the order there is."""
