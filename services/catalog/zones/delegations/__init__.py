"""Delegations (委托、赋权): powers a superior gave to a zone or a township, by which document and until when."""
