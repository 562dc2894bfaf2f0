"""What is due because a cause arose: an adjustment must be handed in (QX-28)."""
