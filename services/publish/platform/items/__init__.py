"""Where one item stands with each platform, for the people who keep it."""
