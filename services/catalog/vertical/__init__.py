"""Lists of all levels beside one another (上下对应): what agrees, what is missing, what is easier here."""
