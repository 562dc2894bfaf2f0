"""Changes of a list or of a region as an Atom feed, for whoever follows with a feed reader."""
