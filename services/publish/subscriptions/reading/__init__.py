"""Reading a subscription: its events by number, its deliveries, its attempts; and sending again from a number."""
