"""Annexes: any list, as it stands, stood, or was published, as XLSX, CSV, JSON, DOCX or PDF, whole or unit by unit."""
