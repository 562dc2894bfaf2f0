"""Who supervises what was permitted, and whether everything permitted is supervised (审管衔接)."""
