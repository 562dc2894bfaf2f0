"""Auditing (监察): auditors read the log and the acts beside it, and export the sealed log (TH-50, TH-53)."""
