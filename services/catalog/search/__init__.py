"""Search for the staff: entries of all lists in every state, by words in Chinese and by filters."""
