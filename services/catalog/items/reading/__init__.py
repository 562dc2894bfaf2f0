"""Reading items: current, any version, as of an instant, with who changed what and why."""
