"""Which entries rest on which documents, and what a change of a document means for them."""
