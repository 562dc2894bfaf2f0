"""Import of foreign tables: mapping profiles as data, a reader in its own process, a diff against the lists."""
