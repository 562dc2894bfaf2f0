"""Tasks by cause: what one law, one adjustment or one entry has left for people is one line."""
