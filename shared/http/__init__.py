"""What every HTTP service of the house has in common."""
