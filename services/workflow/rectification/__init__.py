"""Rectification orders (责令整改): what has to be put right, by when, with which evidence; escalated when it is late."""
