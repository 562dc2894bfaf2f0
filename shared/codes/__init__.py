"""Codes of the field: credit codes, item codes, region codes, item types and levels. Pure, no I/O."""
