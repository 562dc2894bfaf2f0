"""What a rule looks at: what is in force, or what would be."""
