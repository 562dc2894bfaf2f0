"""Reconciliation: derived lists beside what their rules would write from scratch, by hash; drift is repaired."""
