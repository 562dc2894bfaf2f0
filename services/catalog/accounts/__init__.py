"""Accounts of the staff: personal, with roles by region and organ; no shared credential anywhere (ZL-46, HB-29)."""
