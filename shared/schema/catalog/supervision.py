"""Who supervises what was permitted: determinations with their reason, disputes, the gate before publication."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# How the supervising body of a permit was found; never changed, the newest counts.
supervision_determination = Table(
    "supervision_determination",
    metadata,
    identifier(),
    reference("item_id"),
    label("region_code"),
    label("branch"),  # concentrated | by_law | silent | several | decided
    reference("approval_responsible"),
    reference("supervising_body"),
    Column("joint_bodies", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    document("facts"),  # what was known: industry department, bodies stated by law, organs that share
    label("reason"),
    label("source"),
    reference("dispute_id", nullable=True),
    reference("draft_id"),  # what it proposes to the authority of the permit's list
    label("determined_by"),
    instant("determined_at"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    Index("ix_supervision_determination_item_id", "item_id", "determined_at"),
)

# Organs that do not agree on who supervises: until the government has decided, the element stays as it is.
supervision_dispute = Table(
    "supervision_dispute",
    metadata,
    identifier(),
    reference("item_id"),
    label("region_code"),
    Column("organ_ids", ARRAY(UUID(as_uuid=True)), nullable=False),
    label("question"),
    label("state", server_default=text("'open'")),  # open | decided
    label("opened_by"),
    instant("opened_at"),
    document("decision", nullable=True),  # meeting, date, number
    label("decided_by", nullable=True),
    instant("decided_at", nullable=True),
    CheckConstraint("state IN ('open', 'decided')", name="state"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    Index("uq_supervision_dispute_open", "item_id", unique=True, postgresql_where=text("state = 'open'")),
    Index("ix_supervision_dispute_region_code", "region_code", "id"),
)

# Whether a permit without supervision may be published in a region (and below, where nothing else is said).
supervision_gate = Table(
    "supervision_gate",
    metadata,
    label("region_code", primary_key=True),
    label("mode"),  # report | block
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
    CheckConstraint("mode IN ('report', 'block')", name="mode"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
)
