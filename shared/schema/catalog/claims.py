"""What lower levels make of their superiors' lists: claims, what is easier here, delegations, who leads which list."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# Which kinds a region, and those below it, claim from their superiors, and by when (认领方案).
claim_plan = Table(
    "claim_plan",
    metadata,
    label("region_code", primary_key=True),
    label("list_kind", primary_key=True),
    # Kinds of a superior's list that are claimed from, the first one that is kept above counts.
    Column("source_kinds", ARRAY(TEXT), nullable=False),
    Column("item_types", ARRAY(TEXT), nullable=False),  # empty: all
    Column("due_days", Integer, nullable=False),  # natural days from the offer, or from the superior's change
    Column("required", Boolean, nullable=False),  # all must be handled before the list is decided on
    Column("active", Boolean, nullable=False),
    label("source"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
    CheckConstraint("due_days > 0", name="due_days"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
)

# One matter of a superior's list in one region: who takes it, or why nobody does.
claim = Table(
    "claim",
    metadata,
    identifier(),
    reference("superior_item_id"),
    reference("superior_list_id"),
    # The version of the superior's entry whose specification is to be followed; the organ confirms that it is.
    Column("superior_version", Integer, nullable=False),
    Column("confirmed_version", Integer),
    label("list_kind"),
    label("region_code"),
    reference("organ_id", nullable=True),  # whose claim it is; empty until somebody says
    label("assigned_by"),  # entry | system | lead | nobody | person: how it came to that organ
    label("state"),  # offered | claimed | not_applicable | disputed | withdrawn
    label("reason", nullable=True),
    reference("local_item_id", nullable=True),
    Column("missing", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),  # what keeps a claim from closing
    instant("offered_at"),
    instant("due_at"),
    instant("handled_at", nullable=True),
    label("handled_by", nullable=True),
    instant("closed_at", nullable=True),  # the local entry is there with all it needs
    document("dispute", nullable=True),  # opinion, proposed organ, by, at
    document("decision", nullable=True),  # meeting, date, number, by, at
    reference("adjustment_id", nullable=True),  # root adjustment of the superior's change
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('offered', 'claimed', 'not_applicable', 'disputed', 'withdrawn')", name="state"),
    ForeignKeyConstraint(["superior_item_id"], ["qingdan.item.id"]),
    ForeignKeyConstraint(["local_item_id"], ["qingdan.item.id"]),
    Index(
        "uq_claim_matter",
        "superior_item_id",
        "region_code",
        "list_kind",
        "organ_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_claim_place", "region_code", "list_kind", "state"),
    Index("ix_claim_local_item_id", "local_item_id", postgresql_where=text("local_item_id IS NOT NULL")),
)

# What was said to and by the superior about a claim (对接), and confirmations that its specification is followed.
claim_contact = Table(
    "claim_contact",
    metadata,
    identifier(),
    reference("claim_id"),
    label("kind"),  # contact | confirmation
    label("counterpart"),  # whom it was with
    Column("contacted_on", Date, nullable=False),
    label("note"),
    Column("superior_version", Integer, nullable=False),
    label("recorded_by"),
    instant("recorded_at"),
    ForeignKeyConstraint(["claim_id"], ["qingdan.claim.id"]),
    Index("ix_claim_contact_claim_id", "claim_id"),
)

# Elements in which an entry is easier for the applicant than the superior's (本地优化).
local_optimisation = Table(
    "local_optimisation",
    metadata,
    identifier("item_id"),
    label("element", primary_key=True),
    reference("list_id"),
    label("list_kind"),
    label("region_code"),
    Column("item_version", Integer, nullable=False),
    reference("superior_item_id"),
    Column("superior_version", Integer, nullable=False),
    document("actual", nullable=True),
    document("superior_value", nullable=True),
    label("message"),
    instant("noted_at"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    Index("ix_local_optimisation_region_code", "region_code", "list_kind"),
)

# A power that a superior gave to a zone or a township by a document (委托、赋权).
delegation = Table(
    "delegation",
    metadata,
    identifier(),
    label("region_code"),
    label("list_kind"),
    label("base_code"),
    reference("granting_organ_id"),
    label("document_title"),
    label("document_number"),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),  # the last day; empty: until it is revoked
    label("state", server_default=text("'in_force'")),  # in_force | revoked
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("recorded_by"),
    instant("recorded_at"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["granting_organ_id"], ["qingdan.organ.id"]),
    Index("ix_delegation_region_code", "region_code", "list_kind", "base_code"),
)

# A kind of list, or a matter of it, that a region need not have, and why (不适用).
list_exemption = Table(
    "list_exemption",
    metadata,
    label("region_code", primary_key=True),
    label("list_kind", primary_key=True),
    label("base_code", primary_key=True),  # empty: the whole kind
    label("reason"),
    label("set_by"),
    instant("set_at"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
)

# Kinds of list that regions of a kind must have, and those of the region above they are built against.
mandatory_list = Table(
    "mandatory_list",
    metadata,
    label("region_code", primary_key=True),  # where it holds, regions below included
    label("region_kind", primary_key=True),
    label("purpose", primary_key=True),  # mandatory | reference
    label("list_kind", primary_key=True),
    label("source"),
    Column("verified", Boolean, nullable=False),
)

# Who leads which list in a region (清单管理制度责任分工).
list_responsibility = Table(
    "list_responsibility",
    metadata,
    label("region_code", primary_key=True),
    label("list_kind", primary_key=True),
    reference("lead_organ_id"),
    Column("assisting_organ_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    label("note", server_default=text("''")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["list_kind"], ["qingdan.list_kind.code"]),
    ForeignKeyConstraint(["lead_organ_id"], ["qingdan.organ.id"]),
)
