"""Bundles: the documents of a list, a region or an organ in one operation, and long annexes; kept for ten days."""
