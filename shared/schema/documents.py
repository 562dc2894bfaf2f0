"""Documents for officials and citizens: templates of administrations, uploaded review rules, finished bundles."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from shared.schema.base import document, identifier, instant, label, metadata, reference

# Every version stays; the active one of a region holds there and below, unless a nearer one may take its place.
document_template = Table(
    "document_template",
    metadata,
    identifier(),
    label("region_code"),
    label("document"),  # guide | manual | review_rules
    label("engine"),  # docx | typst
    Column("number", Integer, nullable=False),  # counts within region, document and engine
    label("name"),
    Column("open_below", Boolean, nullable=False),  # regions below may use templates of their own
    Column("content", LargeBinary, nullable=False),
    label("sha256"),
    Column("size", Integer, nullable=False),
    label("state", server_default=text("'draft'")),
    label("uploaded_by"),
    instant("uploaded_at"),
    label("activated_by", nullable=True),
    instant("activated_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('draft', 'active', 'retired')", name="state"),
    CheckConstraint("engine IN ('docx', 'typst')", name="engine"),
    UniqueConstraint("region_code", "document", "engine", "number"),
    Index(
        "uq_document_template_active",
        "region_code",
        "document",
        "engine",
        unique=True,
        postgresql_where=text("state = 'active'"),
    ),
)

# Review rules (审查细则) where no specification has review standards: a file of the organ, each version kept.
review_rules_file = Table(
    "review_rules_file",
    metadata,
    identifier(),
    reference("item_id"),
    Column("number", Integer, nullable=False),
    label("file_name"),
    label("media_type"),
    Column("content", LargeBinary, nullable=False),
    label("sha256"),
    Column("size", Integer, nullable=False),
    label("state"),  # current | replaced | removed
    label("uploaded_by"),
    instant("uploaded_at"),
    CheckConstraint("state IN ('current', 'replaced', 'removed')", name="state"),
    UniqueConstraint("item_id", "number"),
    Index("uq_review_rules_file_current", "item_id", unique=True, postgresql_where=text("state = 'current'")),
)

# Files of a finished or running operation, some dozens together: what one attempt has made the next one keeps.
document_bundle_part = Table(
    "document_bundle_part",
    metadata,
    identifier("operation_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    reference("through"),  # the last entry this part has dealt with; entries follow one another by id
    # [{name, item_id, hash, permit_id, permit_hash, related: [{item_id, hash}], size, sha256}], as they lie in content
    document("entries"),
    Column("content", LargeBinary, nullable=False),
    instant("made_at"),
    Index("ix_document_bundle_part_made_at", "made_at"),
)
