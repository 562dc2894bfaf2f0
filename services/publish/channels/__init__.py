"""Channels: where copies of published lists are shown, what each of them shows, and whether it is the same."""
