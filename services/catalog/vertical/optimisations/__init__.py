"""Local optimisation (本地优化): elements in which an entry asks less than its superior's."""
