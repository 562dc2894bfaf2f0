"""Campaigns: the plan of work on many lists at once, what it obliges whom to, reports about it, and evaluations."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

campaign = Table(
    "campaign",
    metadata,
    identifier(),
    label("region_code"),
    label("title"),
    label("source"),  # the document that arranges it
    reference("source_document_id", nullable=True),  # the same in the register of normative documents
    reference("superior_id", nullable=True),  # the campaign of a region above whose dates bind this one
    label("state", server_default=text("'draft'")),  # draft | running | closed
    Column("starts_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("report_day", Integer),  # day of the month on which reports are due; empty: none are asked for
    # calendar_day | next_working_day | working_day: what that number counts, and what of a day off
    label("report_rule", server_default=text("'calendar_day'")),
    Column("reports_begun", Date),  # first day of the last month whose reports were opened
    instant("started_at", nullable=True),
    instant("closed_at", nullable=True),
    label("closing_note", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["superior_id"], ["qingdan.campaign.id"]),
    CheckConstraint("starts_on <= due_on", name="dates"),
    Index("ix_campaign_region_code_state", "region_code", "state"),
)

campaign_phase = Table(
    "campaign_phase",
    metadata,
    reference("campaign_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("act"),  # submission | review | publication | other
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    CheckConstraint("starts_on <= ends_on", name="dates"),
)

campaign_milestone = Table(
    "campaign_milestone",
    metadata,
    identifier(),
    reference("campaign_id"),
    Column("number", Integer, nullable=False),
    Column("phase", Integer),
    label("title"),
    label("subject"),  # list | submission | plan | summary | document | guidance
    Column("kinds", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    Column("levels", ARRAY(TEXT), nullable=False),
    Column("region_kinds", ARRAY(TEXT), nullable=False, server_default=text("'{administrative}'")),
    label("unit"),  # lead | member | organ | region | obliged
    Column("organ_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    Column("due_on", Date, nullable=False),
    label("completion", nullable=True),  # of lists: enacted | adjusted
    Column("filing", Boolean, nullable=False, server_default=text("false")),
    label("attachment", nullable=True),  # a document that has to be there beside the list
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    UniqueConstraint("campaign_id", "number"),
)

campaign_target = Table(
    "campaign_target",
    metadata,
    reference("campaign_id", primary_key=True),
    label("list_class", primary_key=True),  # comprehensive | special
    Column("at_least", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    document("together", server_default=text("'[]'")),  # [[kind, ...]]: kinds that count as one list
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
)

compilation_guide = Table(
    "compilation_guide",
    metadata,
    reference("campaign_id", primary_key=True),
    label("list_kind", primary_key=True),
    label("principles"),
    label("scope"),
    label("review_standard"),
    document("time_nodes"),  # [{"title", "act", "ends_on"}]
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
)

# What one unit owes by one day; made from the milestones when a campaign starts. It has the id of its task.
obligation = Table(
    "obligation",
    metadata,
    identifier(),
    reference("campaign_id"),
    reference("milestone_id"),
    label("subject"),
    label("unit"),
    label("region_code"),
    label("list_kind", nullable=True),
    reference("organ_id", nullable=True),  # empty: the region itself
    # Other organs that the plan names to organise it: lists of a zone are organised by two (QX-49)
    Column("organisers", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    reference("list_id", nullable=True),
    label("title"),
    instant("due_at"),
    label("state", server_default=text("'open'")),  # open | submitted | done | waived
    instant("submitted_at", nullable=True),
    instant("decided_at", nullable=True),
    instant("published_at", nullable=True),
    instant("filed_at", nullable=True),
    instant("waived_at", nullable=True),
    instant("done_at", nullable=True),  # the instant that decides whether it was late
    document("document", nullable=True),  # {"title", "reference", "sha256", "by", "at"}
    document("returned", server_default=text("'[]'")),  # documents as above, each with {"returned": {"reason", ...}}
    document("receipt", nullable=True),  # {"recipient", "receipt_number", "date", "by", "at"}
    document("waiver", nullable=True),  # {"reason", "by", "at"}
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    ForeignKeyConstraint(["milestone_id"], ["qingdan.campaign_milestone.id"]),
    UniqueConstraint(
        "milestone_id",
        "region_code",
        "list_kind",
        "organ_id",
        name="uq_obligation_milestone_id_of_whom",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("published_at >= decided_at", name="published_after_decision"),
    CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
    CheckConstraint("(state = 'waived') = (waived_at IS NOT NULL)", name="waived"),
    Index("ix_obligation_campaign_id", "campaign_id", "due_at", "id"),
    Index("ix_obligation_open_list", "region_code", "list_kind", postgresql_where=text("state = 'open'")),
)

# Adjustments that were submitted in the course of a campaign; what comes after the end of its phase is late.
campaign_submission = Table(
    "campaign_submission",
    metadata,
    reference("campaign_id", primary_key=True),
    reference("adjustment_id", primary_key=True),
    reference("organ_id"),
    label("region_code"),
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    Column("entries", Integer, nullable=False),
    instant("submitted_at"),
    Column("phase", Integer),
    Column("late", Boolean, nullable=False),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
)

# The monthly report of a unit. It has the id of its task.
monthly_report = Table(
    "monthly_report",
    metadata,
    identifier(),
    reference("campaign_id"),
    label("region_code"),
    reference("organ_id", nullable=True),  # empty: a zone reports for itself
    Column("month", Date, nullable=False),  # first day of the month it is about
    instant("due_at"),
    label("state", server_default=text("'open'")),  # open | submitted
    document("figures"),  # computed as of the end of the month
    label("progress"),
    label("difficulties", nullable=True),
    label("next_steps", nullable=True),
    instant("submitted_at", nullable=True),
    label("submitted_by", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    UniqueConstraint(
        "campaign_id",
        "region_code",
        "organ_id",
        "month",
        name="uq_monthly_report_campaign_id_of_whom",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("(state = 'submitted') = (submitted_at IS NOT NULL)", name="submitted"),
    Index("ix_monthly_report_region_code", "region_code", "month"),
)

# A major problem that is reported at once, in a campaign or in the region's daily work. It has the id of its task.
campaign_issue = Table(
    "campaign_issue",
    metadata,
    identifier(),
    reference("campaign_id", nullable=True),
    label("region_code"),
    reference("organ_id", nullable=True),
    label("list_kind", nullable=True),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    label("severity"),  # major | critical
    label("title"),
    label("description"),
    label("state", server_default=text("'open'")),  # open | resolved
    reference("owner_id", nullable=True),  # the organ that has to solve it; empty: who coordinates has not said
    instant("due_at"),
    document(
        "history", server_default=text("'[]'")
    ),  # [{"act", "at", "by", "note", ...}]: assigned, resolved, reopened
    label("reported_by"),
    instant("reported_at"),
    label("resolution", nullable=True),
    label("resolved_by", nullable=True),
    instant("resolved_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    Index("ix_campaign_issue_campaign_id", "campaign_id", "id"),
    Index("ix_campaign_issue_region_code", "region_code", "id"),
)

evaluation = Table(
    "evaluation",
    metadata,
    identifier(),
    label("region_code"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    label("title"),
    document("metrics"),  # {name: number}, computed when it was recorded
    label("conclusion"),
    label("recorded_by"),
    instant("recorded_at"),
    UniqueConstraint("region_code", "first_day", "last_day"),
    CheckConstraint("first_day <= last_day", name="period"),
)
