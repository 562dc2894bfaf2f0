"""Disputes about who supervises: the element stays as it is until the government has decided."""
