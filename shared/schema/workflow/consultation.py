"""What prepares the decision on an adjustment: submissions with receipts, reasons for materials, public comment."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

# What was handed over, and when: the receipt of a submission (ZL-44).
submission = Table(
    "submission",
    metadata,
    reference("adjustment_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    label("receipt_number", unique=True),
    reference("organ_id"),  # the department that submitted; for a subordinate body its supervising department
    label("content_hash"),  # SHA-256 of the changes as they were handed over, 64 hexadecimal digits
    # Of the lists it changes, sorted: what they are decides which procedure holds.
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    label("submitted_by"),
    instant("submitted_at"),
    Column("paper_copy", Boolean, nullable=False, server_default=text("false")),  # one is announced
    instant("paper_received_at", nullable=True),
    label("paper_received_by", nullable=True),
    # What it looked like when a review returned it: {item: {element: digest of the proposed value}}.
    document("returned_content", nullable=True),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
)

# Why an entry asks for one more material, and who was heard (ZL-33).
material_justification = Table(
    "material_justification",
    metadata,
    identifier(),
    reference("adjustment_id"),
    reference("item_id"),
    label("material"),  # its name
    label("justification"),
    document("consulted"),  # [{"who", "date", "agreed", "opinion"}]
    document("evidence", nullable=True),  # {"reference", "sha256"}
    label("recorded_by"),
    instant("recorded_at"),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    UniqueConstraint("adjustment_id", "item_id", "material"),
)

# A period of public comment has the id of the review step it belongs to: a submission returned ends it.
comment_period = Table(
    "comment_period",
    metadata,
    identifier(),
    reference("adjustment_id"),
    label("region_code"),
    label("title"),
    label("explanation"),  # what is to change and why, in the organiser's words: all the public sees of it
    document("documents"),  # [{"title", "reference", "sha256"}]
    instant("opens_at"),
    instant("closes_at"),
    label("opened_by"),
    label("summary", nullable=True),
    label("outcome", nullable=True),  # pass | return
    instant("summarised_at", nullable=True),
    label("summarised_by", nullable=True),
    ForeignKeyConstraint(["id"], ["qingdan.review_step.id"]),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    CheckConstraint("closes_at > opens_at", name="period"),
    CheckConstraint("(summary IS NULL) = (summarised_at IS NULL)", name="summary"),
    Index("ix_comment_period_adjustment_id", "adjustment_id"),
    Index("ix_comment_period_region_code", "region_code", "id"),
)

# The answer to a comment has the id of the comment.
comment_answer = Table(
    "comment_answer",
    metadata,
    identifier(),
    reference("period_id"),
    label("outcome"),  # adopted | partly_adopted | not_adopted | dismissed
    label("answer", nullable=True),  # of what was dismissed (spam) none
    label("answered_by"),
    instant("answered_at"),
    ForeignKeyConstraint(["period_id"], ["qingdan.comment_period.id"]),
    CheckConstraint("outcome = 'dismissed' OR answer IS NOT NULL", name="answer"),
    Index("ix_comment_answer_period_id", "period_id"),
)
