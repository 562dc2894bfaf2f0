"""Copies of a published revision for each kind of channel: generated, never typed; the same bytes every time."""
