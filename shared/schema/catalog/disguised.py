"""Suspected disguised permits (疑似变相许可) and what people said of them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

# One row for an entry or a document that looks like one; it stays when people have judged it.
suspect = Table(
    "suspect",
    metadata,
    identifier(),
    label("subject"),  # item | document
    reference("item_id", nullable=True),
    reference("document_id", nullable=True),
    reference("list_id", nullable=True),
    label("list_kind", nullable=True),
    label("region_code"),
    label("name"),
    label("pattern"),  # disguised | precondition | continued
    Column("score", Integer, nullable=False),
    document("signals"),  # [{"signal", "weight", "explanation", "hits": [{"path", "term", "text"}]}]
    label("fingerprint"),  # of the signals: other evidence is to be judged anew
    document("facts"),  # what the scorer was given, so that a verdict can be replayed
    label("state", server_default=text("'open'")),  # open | judged | gone
    label("verdict", nullable=True),  # disguised | lawful_filing | confirmation | registration | other
    label("reason", nullable=True),
    label("judged_by", nullable=True),
    instant("judged_at", nullable=True),
    Column("complaints", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("seen_at", server_default=text("clock_timestamp()")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("(subject = 'item') = (item_id IS NOT NULL)", name="item"),
    CheckConstraint("(subject = 'document') = (document_id IS NOT NULL)", name="document"),
    CheckConstraint("(state = 'judged') = (verdict IS NOT NULL)", name="verdict"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    ForeignKeyConstraint(["document_id"], ["qingdan.normative_document.id"]),
    Index("uq_suspect_item_id", "item_id", unique=True),
    Index("uq_suspect_document_id", "document_id", unique=True),
    Index("ix_suspect_queue", "region_code", "state", "score"),
)

# The regression set: what people said of what the scorer saw; rows are never changed.
suspect_verdict = Table(
    "suspect_verdict",
    metadata,
    identifier(),
    reference("suspect_id"),
    label("verdict"),
    label("reason"),
    document("facts"),
    document("signals"),
    label("actor"),
    instant("recorded_at"),
    ForeignKeyConstraint(["suspect_id"], ["qingdan.suspect.id"]),
    Index("ix_suspect_verdict_suspect_id", "suspect_id"),
)
