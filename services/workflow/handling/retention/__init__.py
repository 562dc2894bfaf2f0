"""Handling records are kept for as long as their region says; those with violations stay, they are the proof."""
