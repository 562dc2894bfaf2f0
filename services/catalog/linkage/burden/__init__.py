"""What a list asks more than the superior's list asks."""
