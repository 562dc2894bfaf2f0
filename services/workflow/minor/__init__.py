"""Minor changes (微调): elements that a region lets departments correct without review, and who did so."""
