"""Rules between a superior's list and the lists below it."""
