"""Subscriptions: other systems follow what is published, at least once, in order per item, numbered without gaps."""
