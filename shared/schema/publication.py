"""Publications: what one decision has changed in all lists it concerns, and what is said of it afterwards."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# An act of publication (公布): the revisions of `list_revision` that name it became public together. A row is never
# deleted, and of its contents nothing changes.
publication = Table(
    "publication",
    metadata,
    identifier(),
    label("number", unique=True),  # <region>-<year>-<sequence>: how people and systems name it
    label("region_code"),
    Column("year", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),  # within region and year
    Column("adjustments", ARRAY(UUID(as_uuid=True)), nullable=False),  # what its revisions go back to
    Column("hash", LargeBinary, nullable=False),  # over its parts: docs/publication-hash.md
    instant("made_at"),
    Column("version", Integer, nullable=False, server_default=text("1")),  # rises with what is said of it afterwards
    UniqueConstraint("region_code", "year", "sequence"),
    Index("ix_publication_adjustments", "adjustments", postgresql_using="gin"),
    Index("ix_publication_made_at", "made_at", "id"),
)

# A notice about a publication: a later one puts it right (更正), or a decision takes it back (撤回). Versions that
# take it back name the notice as what they go back to, so the publication that shows them is found by its id.
publication_notice = Table(
    "publication_notice",
    metadata,
    identifier(),
    reference("publication_id"),
    label("kind"),  # correction | withdrawal
    label("text"),  # what the public reads
    reference("corrected_by", nullable=True),  # of a correction: the later publication
    document("decision", nullable=True),  # of a withdrawal
    label("reason", nullable=True),
    label("legal_basis", nullable=True),
    label("state", server_default=text("'done'")),  # of a withdrawal: waiting | done | refused
    label("refusal", nullable=True),
    label("given_by"),
    instant("given_at"),
    CheckConstraint("kind IN ('correction', 'withdrawal')", name="kind"),
    CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state"),
    CheckConstraint("(kind = 'correction') = (corrected_by IS NOT NULL)", name="corrected_by"),
    CheckConstraint("(kind = 'withdrawal') = (decision IS NOT NULL)", name="decision"),
    # A publication is taken back once; a withdrawal that was refused may be tried again.
    Index(
        "uq_publication_notice_withdrawal",
        "publication_id",
        unique=True,
        postgresql_where=text("kind = 'withdrawal' AND state <> 'refused'"),
    ),
    UniqueConstraint("publication_id", "corrected_by"),
    Index("ix_publication_notice_corrected_by", "corrected_by"),
)

# What a list shows of one implementing body (本单位清单), from the revision on that changed it until the next row of
# the unit; without entries: nothing any more. The unit of entries that name no implementing body is the null UUID.
unit_part = Table(
    "unit_part",
    metadata,
    identifier("list_id"),
    identifier("unit_id"),
    Column("from_revision", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", Integer, nullable=False),
)
