"""Events that a receiver cannot take are put aside, to be sent again or dropped: others go on."""
