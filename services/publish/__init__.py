"""Publication: revisions of the lists in force, and everything the public reads."""
