"""Substitution (代办、代岗): who does the tasks of somebody who is away, from which day to which."""
