"""The catalog service: the register, the lists and their items, and what links them."""
