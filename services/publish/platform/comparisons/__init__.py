"""Comparisons of everything a platform holds with everything published here, with repair."""
