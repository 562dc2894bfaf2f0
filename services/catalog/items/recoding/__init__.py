"""What became of the codes inside an entry when another organ took it over."""
