"""Limits of running handling records follow the calendar: a year announced late, a day off that a region declares."""
