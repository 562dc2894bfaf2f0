"""The cascade ledger (联动台账) and the why: what one adjustment did in each list, and where an element comes from."""
