"""What a filter would have chosen: counts and the first events of a time, without subscribing to anything."""
