"""The ledger: what happened, in order, and who has taken note of it."""
