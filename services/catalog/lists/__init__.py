"""Lists: a kind in a region, with the organ that leads it, the organs that fill it, and its decision."""
