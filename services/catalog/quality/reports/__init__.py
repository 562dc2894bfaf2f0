"""The quality report: five figures by organ and list, the gate before a list is enacted, and who is in the hall."""
