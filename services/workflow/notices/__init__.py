"""Notices (表扬通报、通报批评): drafted from standings with the evidence of each name, approved, then fixed."""
