"""Item library: platforms that pull read here what changed since a moment, as nested documents."""
