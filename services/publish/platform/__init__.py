"""Platforms: what is in force is pushed to the one-stop platform of a superior, and its catalogue is mirrored."""
