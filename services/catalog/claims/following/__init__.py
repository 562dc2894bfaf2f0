"""A superior's change at the levels below: prepared as drafts with a due date, late ones found."""
