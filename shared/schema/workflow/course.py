"""The course of an adjustment: suspensions, disputes about elements, and what participants are asked by the lead."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# A time in which an adjustment rests: its limits are not counted, its tasks are parked.
suspension = Table(
    "suspension",
    metadata,
    identifier(),
    reference("adjustment_id"),
    label("reason"),
    document("decision", nullable=True),  # of the government, where it had decided before
    label("suspended_by"),
    instant("suspended_at"),
    label("resumption", nullable=True),  # why it goes on
    label("resumed_by", nullable=True),
    instant("resumed_at", nullable=True),  # empty: it still rests, or was taken back while it rested
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    CheckConstraint("(resumed_at IS NULL) = (resumption IS NULL)", name="resumption"),
    Index("ix_suspension_adjustment_id", "adjustment_id"),
)

# A department does not agree with what the reviewing office fed back. It has the id of the step it was to confirm.
feedback_dispute = Table(
    "feedback_dispute",
    metadata,
    identifier(),
    reference("adjustment_id"),
    label("region_code"),
    reference("organ_id"),  # the department that does not agree
    label("question"),
    label("state"),  # consulting | escalated | settled | void
    document("consultation", nullable=True),
    document("decision", nullable=True),  # of the government, where the consultation came to nothing
    label("ruling", nullable=True),  # upheld: the feedback stands | amended: it goes back to those who compile it
    label("opened_by"),
    instant("opened_at"),
    instant("settled_at", nullable=True),
    ForeignKeyConstraint(["id"], ["qingdan.review_step.id"]),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL AND ruling IS NOT NULL)", name="settled"),
    Index("ix_feedback_dispute_adjustment_id", "adjustment_id"),
    Index("ix_feedback_dispute_region_code", "region_code", "id"),
)

# While the dispute is open nobody else changes these elements.
disputed_element = Table(
    "disputed_element",
    metadata,
    reference("dispute_id", primary_key=True),
    reference("item_id", primary_key=True),
    label("element", primary_key=True),
    label("opinion"),
    ForeignKeyConstraint(["dispute_id"], ["qingdan.feedback_dispute.id"]),
    Index("ix_disputed_element_item_id", "item_id", "element"),
)

# What the leading organ of a joint matter asks the others, who answer within a limit (并联审批).
joint_notice = Table(
    "joint_notice",
    metadata,
    identifier(),
    reference("adjustment_id"),
    reference("organ_id"),  # the lead
    label("content"),
    Column("organ_ids", ARRAY(UUID(as_uuid=True)), nullable=False),  # who is asked
    Column("limit_days", Integer, nullable=False),  # working days
    label("given_by"),
    instant("given_at"),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    Index("ix_joint_notice_adjustment_id", "adjustment_id"),
)

# The answer of one of them has the id of its task, whose clock says until when it is in time.
joint_reply = Table(
    "joint_reply",
    metadata,
    identifier(),
    reference("notice_id"),
    reference("organ_id"),
    label("outcome", nullable=True),  # agreed | objected; empty: not answered yet
    label("opinion", nullable=True),
    label("replied_by", nullable=True),
    instant("replied_at", nullable=True),
    ForeignKeyConstraint(["notice_id"], ["qingdan.joint_notice.id"]),
    CheckConstraint("(outcome IS NULL) = (replied_at IS NULL)", name="reply"),
    CheckConstraint("outcome IS DISTINCT FROM 'objected' OR opinion IS NOT NULL", name="opinion"),
    Index("ix_joint_reply_notice_id", "notice_id", "organ_id", unique=True),
    Index("ix_joint_reply_waiting", "organ_id", postgresql_where=text("outcome IS NULL")),
)
