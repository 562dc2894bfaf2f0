"""Escalation (督办): what stays late rises to the next role, step by step."""
