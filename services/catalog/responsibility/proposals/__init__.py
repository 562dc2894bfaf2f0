"""Proposals about duties: an organ's opinion that one should be strengthened or added (调整意见)."""
