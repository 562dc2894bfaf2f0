"""Linkage (清单衔接): one change in one list changes every other list that shows the same matter."""
