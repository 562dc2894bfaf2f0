"""Guides (办事指南) of published entries, for everybody: generated, in HTML, JSON, DOCX and PDF."""
