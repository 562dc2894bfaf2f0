"""The matcher: gives each subscription its numbers, and fills the windows of what is to be sent."""
