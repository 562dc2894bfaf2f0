"""Files that belong to an adjustment: uploaded, checked by their content, referred to by its records."""
