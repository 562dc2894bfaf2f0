"""Lists in sections, the responsibility list above all: its sections, what covers what, drafting from the powers."""
