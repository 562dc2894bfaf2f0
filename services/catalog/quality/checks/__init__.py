"""The quality check: every entry of a list judged by the validators, with findings that open and close."""
