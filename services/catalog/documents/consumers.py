"""Reactions: entries that changed cite other documents, documents that changed concern entries."""

from __future__ import annotations

from services.catalog.documents.impact import service as impact
from shared.ledger.consume import Consumer

# Apart from one another: a law that thousands of entries rest on never holds up the entries of an import.
BASES = Consumer(
    name="bases",
    service="catalog",
    types=frozenset({
        "item.created", "item.imported", "item.updated", "item.suspended", "item.resumed", "item.cancelled",
    }),
    effect=impact.follow_items,
    leisurely=True,
    batch=500,
    entries=10_000,
)  # fmt: skip
DOCUMENTS = Consumer(
    name="documents",
    service="catalog",
    types=frozenset({
        "document.registered", "document.imported", "document.updated", "document.amended", "document.suspended",
        "document.reinstated", "document.voided", "document.repealed",
    }),
    effect=impact.follow_documents,
    leisurely=True,
    batch=10,
)  # fmt: skip
CONSUMERS = [BASES, DOCUMENTS]
