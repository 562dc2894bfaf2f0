"""Claims (认领): what a region makes of the matters of its superiors' lists, and what their changes mean for it."""
