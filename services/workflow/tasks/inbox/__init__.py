"""The inbox (待办): what a person or an organ has to do, and who of several does it."""
