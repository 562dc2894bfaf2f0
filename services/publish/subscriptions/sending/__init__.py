"""The senders: what is in the windows, signed and sent, in parallel over endpoints and items, in order per item."""
