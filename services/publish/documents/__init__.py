"""Documents made of what is published: guides, manuals, policy and review rules, annexes; nothing of them is typed."""
