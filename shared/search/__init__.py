"""Full-text search in Chinese: what an entry is found by, how a query is read, and the statements both sides share."""
