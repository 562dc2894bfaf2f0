"""What the public says of published entries and of drafts, and what the administration has answered to the former."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from shared.schema.base import identifier, instant, label, metadata, reference

# Nobody is asked who he is: whoever keeps the receipt may read the answer. Of the receipt only its hash is kept.
public_feedback = Table(
    "public_feedback",
    metadata,
    identifier(),
    reference("list_id"),
    reference("item_id"),
    Column("item_version", Integer, nullable=False),  # the published version it was said of
    label("region_code"),
    reference("organ_id", nullable=True),  # empty: the entry names no organ, the region's reviewer answers
    label("subject"),  # inaction | wrong_action | content | other
    label("text"),
    Column("receipt_hash", LargeBinary, nullable=False),
    label("state", server_default=text("'received'")),  # received | answered
    instant("received_at"),
    instant("due_at"),
    label("outcome", nullable=True),  # corrected | explained | unfounded
    label("answer", nullable=True),
    Column("shown", Boolean, nullable=False, server_default=text("false")),  # text and answer are public
    label("answered_by", nullable=True),
    instant("answered_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('received', 'answered')", name="state"),
    CheckConstraint("state = 'received' OR answer IS NOT NULL AND outcome IS NOT NULL", name="answer"),
    UniqueConstraint("receipt_hash"),
    Index("ix_public_feedback_item_id", "item_id", "id"),
    Index("ix_public_feedback_region_code", "region_code", "state", "id"),
)

# What the public says of a draft while its comment period is open. It is shown to nobody but the organiser before it
# has been answered; of the receipt only its hash is kept.
public_comment = Table(
    "public_comment",
    metadata,
    identifier(),
    reference("period_id"),
    label("said_by"),  # citizen | enterprise | organisation | expert: as it says of itself
    label("text"),
    Column("text_digest", LargeBinary, nullable=False),  # of the bare characters: the same text is one comment
    Column("receipt_hash", LargeBinary, nullable=False),
    instant("received_at"),
    UniqueConstraint("receipt_hash"),
    UniqueConstraint("period_id", "text_digest"),
    Index("ix_public_comment_period_id", "period_id", "received_at"),
)
