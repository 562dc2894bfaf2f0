"""What becomes of the claims of an organ that is no more (部门撤并)."""
