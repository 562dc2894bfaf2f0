"""Working days, deadlines, and time limits that can be compared whatever their unit. Pure, no I/O."""
