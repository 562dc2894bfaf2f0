"""What is kept of subscriptions for a time: numbers, attempts, ended secrets."""
