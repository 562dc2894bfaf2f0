"""Procedures as data: templates, and the review steps a submission has to pass."""
