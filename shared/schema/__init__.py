"""SQLAlchemy tables, one module per owner; importing the package loads them all."""

from shared.schema import catalog, clients, identity, ledger, publish, subscription, workflow
from shared.schema.base import SCHEMA, metadata

__all__ = [
    "SCHEMA",
    "catalog",
    "clients",
    "identity",
    "ledger",
    "metadata",
    "publish",
    "subscription",
    "workflow",
]
