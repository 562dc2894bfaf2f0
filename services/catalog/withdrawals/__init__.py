"""Withdrawals of publications: what stood before is written anew, as versions of its own."""
