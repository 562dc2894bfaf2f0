"""Spreadsheets (XLSX): templates to fill in, lists as they stand, and how their cells become elements again."""
