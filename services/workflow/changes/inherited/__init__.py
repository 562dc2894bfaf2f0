"""What an entry has from its superior's is not changed at the lower level (ZZ-14)."""
