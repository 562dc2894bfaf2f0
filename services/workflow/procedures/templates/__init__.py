"""Templates of procedures as they are stored, version by version."""
