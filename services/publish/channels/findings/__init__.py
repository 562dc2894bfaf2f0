"""What people have to do about a channel: post a copy, or look into one that is late or wrong."""
