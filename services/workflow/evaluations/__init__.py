"""Evaluations (动态评估): how a region's lists were kept in a period, with figures the system computes (ZZ-60)."""
