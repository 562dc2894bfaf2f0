"""Workload (工作量): who has how much to do, and how much of it is late."""
