"""Feedback: what a platform says of rows later, after its own quality control."""
