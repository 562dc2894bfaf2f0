"""Filings (报备): the receipts of those a decided adjustment is reported to."""
