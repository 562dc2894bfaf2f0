"""Standings: the events behind what units owed, notices of commendation and criticism, and satisfaction surveys."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# Which events say what became of an obligation or a report: the log has no index by what its references name.
standing_event = Table(
    "standing_event",
    metadata,
    reference("subject_id", primary_key=True),  # an obligation or a monthly report
    reference("event_id", primary_key=True),
    label("type"),
    instant("recorded_at"),
)

# A notice (通报) commends or criticises the units it names. Once approved it never changes: a trigger sees to it.
notice = Table(
    "notice",
    metadata,
    identifier(),
    reference("campaign_id"),
    label("region_code"),
    label("kind"),  # commendation | criticism
    label("grouping"),  # lead | organ | region
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    instant("counted_at"),  # what was not met then counts as not met
    label("title"),
    label("preamble"),
    document("names"),  # units with rank, figures, reasons and evidence, as the system found them
    document("omitted", server_default=text("'[]'")),  # [{"unit", "reason", "by", "at"}]
    # Obligations and reports behind the names that were criticised, for the question what was criticised before.
    Column("evidence_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    label("state", server_default=text("'draft'")),  # draft | approved | discarded
    label("number", nullable=True),
    Column("issued_on", Date),
    Column("content", LargeBinary),  # what it says, as canonical JSON
    label("content_hash", nullable=True),  # SHA-256 of the content
    Column("file", LargeBinary),  # the notice as a text document
    label("file_hash", nullable=True),
    label("drafted_by"),
    instant("drafted_at"),
    label("approved_by", nullable=True),
    instant("approved_at", nullable=True),
    label("discarded_because", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"]),
    CheckConstraint("first_day <= last_day", name="period"),
    CheckConstraint(
        "(state = 'approved') = (approved_at IS NOT NULL) AND (state <> 'approved' OR approved_by <> drafted_by AND"
        " num_nulls(content, content_hash, file, file_hash, number, issued_on) = 0)",
        name="approved",
    ),
    Index("ix_notice_campaign_id", "campaign_id", "id"),
)

# When a region asks those it serves: twice a year (TH-40).
survey_schedule = Table(
    "survey_schedule",
    metadata,
    label("region_code", primary_key=True),
    Column("due_days", ARRAY(TEXT), nullable=False),  # MM-DD, in order
    label("method"),
    label("source"),
    Column("since", Date, nullable=False),  # surveys due earlier are not asked for
    Column("begun_year", Integer, nullable=False),  # the last year whose surveys were opened
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
)

# A survey of satisfaction, or another evaluation by those concerned. It has the id of its task.
survey = Table(
    "survey",
    metadata,
    identifier(),
    label("region_code"),
    Column("year", Integer, nullable=False),
    Column("round", Integer),  # of the year; empty: held beside the schedule
    label("title"),
    label("method"),  # third_party | questionnaire | mystery_handling | opinions
    instant("due_at"),
    label("state", server_default=text("'open'")),  # open | done
    Column("first_day", Date),
    Column("last_day", Date),
    label("conducted_by", nullable=True),
    Column("respondents", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),  # enterprise | public | expert
    Column("sample_size", Integer),
    Column("score", Numeric(5, 2)),  # of 100
    label("summary", nullable=True),
    document("file", nullable=True),  # {"title", "reference", "sha256"}
    label("recorded_by", nullable=True),
    instant("recorded_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("region_code", "year", "round"),
    CheckConstraint(
        "(state = 'done') = (recorded_at IS NOT NULL) AND (state = 'open' OR sample_size > 0 AND score"
        " BETWEEN 0 AND 100 AND file IS NOT NULL)",
        name="done",
    ),
)

# What a survey says of one organ, list or entry.
survey_score = Table(
    "survey_score",
    metadata,
    reference("survey_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    reference("organ_id", nullable=True),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    Column("sample_size", Integer, nullable=False),
    Column("score", Numeric(5, 2), nullable=False),
    label("opinion", nullable=True),
    ForeignKeyConstraint(["survey_id"], ["qingdan.survey.id"]),
    CheckConstraint("sample_size > 0 AND score BETWEEN 0 AND 100", name="figures"),
    CheckConstraint("num_nonnulls(organ_id, list_id, item_id) > 0", name="about"),
)
