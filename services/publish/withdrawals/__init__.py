"""Withdrawals: what becomes secret leaves public reading, in every revision."""
