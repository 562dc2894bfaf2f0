"""Papers: documents of sections for officials and citizens, the same words in HTML, JSON, DOCX and PDF."""
