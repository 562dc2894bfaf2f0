"""What the three services share: the ledger, codes, calendar, identity, HTTP and database plumbing."""
