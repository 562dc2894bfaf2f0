"""What has become of the claims a region took: the local entry, and what it lacks."""
