"""What an adjustment carries with it: attached files, and what compilers answered to proposed changes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, Table, UniqueConstraint

from shared.schema.base import identifier, instant, label, metadata, reference

# Files (附件), kept as long as the adjustment; the same content once.
attachment = Table(
    "attachment",
    metadata,
    identifier(),
    reference("adjustment_id"),
    reference("step_id", nullable=True),  # the review step it was attached at; empty: while it was compiled
    label("title"),
    label("file_name"),
    label("media_type"),  # by its content
    Column("size", Integer, nullable=False),  # bytes
    label("sha256"),
    label("uploaded_by"),
    instant("uploaded_at"),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    ForeignKeyConstraint(["step_id"], ["qingdan.review_step.id"]),
    UniqueConstraint("adjustment_id", "sha256"),
)

# Apart from what is read all the time; the formats are compressed already, so it is stored as it is.
attachment_content = Table(
    "attachment_content",
    metadata,
    identifier("attachment_id"),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["attachment_id"], ["qingdan.attachment.id"]),
)
