"""Search for everybody: entries in force and public, made from their public bodies alone."""
