"""Seals of the event log, shown to everybody: a copy kept elsewhere is the witness against a log written anew."""
