"""Definitions of the tables of a profile, for the operator of a front-end library and for the simulator."""
