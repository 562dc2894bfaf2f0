"""Deadline rules (时限规则): what a superior's list or a new month makes due, for which regions, and until when."""
