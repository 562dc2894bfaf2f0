"""Messages about subscriptions whose endpoints fail: the owner, or whoever has registered the system, has to know."""
