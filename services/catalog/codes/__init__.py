"""Codes as people ask for them: what a code means, which is free, which national code a local one stands for."""
