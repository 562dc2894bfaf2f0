"""What an adjustment carries with it: attached files, and what compilers answered to proposed changes."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from shared.schema.base import document, identifier, instant, label, metadata, reference

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

# What compilers said to entries that the cause of an adjustment concerns and that it does not change.
candidate_answer = Table(
    "candidate_answer",
    metadata,
    reference("adjustment_id", primary_key=True),
    label("rule", primary_key=True),  # why the entry is shown
    reference("entry_id", primary_key=True),  # of one that is to be taken over: the superior's
    label("answer"),  # covered | not_covered
    label("reason"),
    label("answered_by"),
    instant("answered_at"),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
)

# Elements a region lets departments correct without review (微调), by a decision of its own.
minor_element = Table(
    "minor_element",
    metadata,
    identifier(),
    label("region_code"),
    label("list_kind", nullable=True),  # only entries of lists of this kind
    label("element"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # last day; empty: until it is ended
    label("source"),  # the document that allows it
    label("created_by"),
    instant("created_at"),
    Index("ix_minor_element_region_code_element", "region_code", "element"),
)

# What departments put right once an adjustment is public (TH-56): one row an organ, reported once a publication. What
# was in conflict is public later: then the organ has something to put right again, and the report before is earlier.
related_work = Table(
    "related_work",
    metadata,
    reference("adjustment_id", primary_key=True),
    reference("organ_id", primary_key=True),
    Column("submission", Integer, nullable=False, server_default=text("1")),  # the last that left it something to do
    instant("opened_at"),
    label("report", nullable=True),
    document("evidence", nullable=True),  # {"reference", "sha256", "attachment_id"}
    label("reported_by", nullable=True),
    instant("reported_at", nullable=True),
    document("earlier", server_default=text("'[]'")),  # [{"opened_at", "report", "evidence", "reported_by", ..._at}]
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
)
