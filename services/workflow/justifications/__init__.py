"""Reasons for materials: what a department must argue before it may ask applicants for more (ZL-33)."""
