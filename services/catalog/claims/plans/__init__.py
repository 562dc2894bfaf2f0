"""Plans of claiming (认领方案): which kinds a region claims from its superiors, by when."""
