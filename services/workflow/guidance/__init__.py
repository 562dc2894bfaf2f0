"""Guidance between levels (对口指导): what an organ did for those below, and what they ask it."""
