"""What linkage rules need and leave: rule sets, drafts, findings, the cascade ledger."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Numeric, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

# Working-day equivalents of time limits, so that limits in different units can be compared in one query.
day_equivalent = Table(
    "day_equivalent",
    metadata,
    label("unit", primary_key=True),
    Column("amount", Integer, primary_key=True, autoincrement=False),
    Column("working_days", Numeric(8, 2), nullable=False),
)

rule_set = Table(
    "rule_set",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    document("rules"),
    label("state"),  # saved | adopted
    instant("effective_from", nullable=True),
    reference("adjustment_id", nullable=True),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# What a superior or neighbouring list implies but a person must accept.
draft = Table(
    "draft",
    metadata,
    identifier(),
    label("rule"),
    Column("rule_set", Integer, nullable=False),
    reference("list_id"),
    label("list_kind"),
    label("region_code"),
    reference("item_id", nullable=True),  # empty: the counterpart is missing and would be added
    reference("source_item_id"),
    Column("source_version", Integer, nullable=False),
    document("elements"),  # proposed values, by element
    label("reason"),
    label("state", server_default=text("'open'")),  # open | accepted | objected | superseded
    reference("adjustment_id", nullable=True),
    reference("cause_id", nullable=True),
    label("opinion", nullable=True),
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("due_at", nullable=True),  # what a superior has changed is to be followed by then
    instant("closed_at", nullable=True),
    label("closed_by", nullable=True),
    # One open draft for each entry a rule would change, and one for the entry it would add.
    Index(
        "uq_draft_open",
        "rule",
        "list_id",
        "source_item_id",
        "item_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_draft_source_item_id", "source_item_id"),
    Index("ix_draft_list_id", "list_id", "state"),
    Index("ix_draft_adjustment_id", "adjustment_id"),
    Index("ix_draft_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)

finding = Table(
    "finding",
    metadata,
    identifier(),
    label("rule"),  # K.. or V..
    label("severity"),  # block | error | warn
    reference("list_id"),
    label("list_kind"),
    label("region_code"),
    reference("item_id"),
    label("element"),
    document("actual", nullable=True),
    document("expected", nullable=True),
    reference("source_item_id", nullable=True),
    Column("source_version", Integer),
    label("message"),
    label("state", server_default=text("'open'")),  # open | waived | closed
    reference("adjustment_id", nullable=True),
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("due_at", nullable=True),
    instant("closed_at", nullable=True),
    document("waiver", nullable=True),  # by, reason, expires_on
    Column("codes", ARRAY(TEXT)),  # what validators said; empty: a finding of a linkage rule
    Index("uq_finding_open", "rule", "item_id", "element", unique=True, postgresql_where=text("state <> 'closed'")),
    Index("ix_finding_list_id", "list_id", "state"),
    Index("ix_finding_item_id", "item_id"),
    Index("ix_finding_source_item_id", "source_item_id", postgresql_where=text("source_item_id IS NOT NULL")),
    Index("ix_finding_adjustment_id", "adjustment_id"),
    Index("ix_finding_validated", "item_id", postgresql_where=text("codes IS NOT NULL AND state <> 'closed'")),
)

# The cascade ledger (联动台账): what one adjustment did in each list.
cascade_ledger = Table(
    "cascade_ledger",
    metadata,
    identifier("adjustment_id"),
    identifier("list_id"),
    label("rule", primary_key=True),
    Column("touched", Integer, nullable=False, server_default=text("0")),
    Column("unchanged", Integer, nullable=False, server_default=text("0")),
    Column("waiting", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    label("error", nullable=True),
    instant("first_at", server_default=text("clock_timestamp()")),
    instant("last_at", server_default=text("clock_timestamp()")),
)

# Answer of the catalog to a submission: what stands in its way.
validation = Table(
    "validation",
    metadata,
    identifier("adjustment_id"),
    Column("submission", Integer, primary_key=True, autoincrement=False),
    Column("blocking", Integer, nullable=False),
    document("findings"),
    instant("validated_at", server_default=text("clock_timestamp()")),
)
