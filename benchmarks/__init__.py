"""Measurements: each figure beside what a program that does the bare minimum reaches in the same run."""
