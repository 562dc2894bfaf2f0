"""What packages hold: entries on their way out, entries that came, what was said of them."""
