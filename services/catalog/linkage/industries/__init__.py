"""Rules about industries: what one list prohibits, another does not allow."""
