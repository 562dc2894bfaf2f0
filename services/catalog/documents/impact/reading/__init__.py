"""Reading the impact of documents."""
