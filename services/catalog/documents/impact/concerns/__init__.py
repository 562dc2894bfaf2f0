"""What officials have to look at because of documents: one line a document, with the entries behind it."""
