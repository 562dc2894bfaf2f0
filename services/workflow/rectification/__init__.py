"""Rectification orders (责令整改): what to put right, by when, with which evidence; escalated when late."""
