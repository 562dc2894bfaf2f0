"""Reading a subscription: its events by number, its deliveries, its attempts; tests."""
