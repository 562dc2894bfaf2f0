"""The register of normative documents, and where entries rest on them."""

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
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

normative_document = Table(
    "normative_document",
    metadata,
    identifier(),
    label("title"),
    label("title_key"),  # the title as citations of it are compared: without brackets, amendments, 中华人民共和国
    label("number", nullable=True),  # 文号 in its standard form, which is also how citations of it are compared
    label("agency", nullable=True),  # 机关代字 of the number
    Column("year", Integer),
    Column("serial", Integer),
    label("kind"),
    label("issuer", server_default=text("''")),
    label("region_code", nullable=True),  # whose document it is; empty: of the nation
    Column("addressees", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    Column("copied_to", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),  # 抄送
    document("adoption", nullable=True),  # {"meeting", "date"}: another day than the issue
    label("approval", nullable=True),  # 经……同意
    Column("issued_on", Date),  # first day of the period when only month or year are known
    label("issued_precision", server_default=text("'day'")),  # day | month | year
    Column("effective_from", Date),
    Column("expires_on", Date),  # last day
    label("full_text", nullable=True),
    document("attachments", server_default=text("'[]'")),  # [{"name", "reference", "sha256", "media_type"}]
    label("status", server_default=text("'in_force'")),  # in_force | amended | suspended | void | repealed
    Column("status_from", Date),
    reference("status_by", nullable=True),  # the document that says so
    instant("status_at", nullable=True),  # when the register learned of it
    label("source", server_default=text("''")),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    # Up to which day what its dates bring about has been settled; empty: it is to be looked at.
    Column("settled_on", Date),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("status IN ('in_force', 'amended', 'suspended', 'void', 'repealed')", name="status"),
    CheckConstraint("issued_precision IN ('day', 'month', 'year')", name="issued_precision"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["status_by"], ["qingdan.normative_document.id"]),
    Index("uq_normative_document_number", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
    # Editions of a law have one title and several dates.
    Index(
        "uq_normative_document_title",
        "title_key",
        "issued_on",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("number IS NULL"),
    ),
    Index("ix_normative_document_title_key", "title_key"),
    Index("ix_normative_document_unsettled", "id", postgresql_where=text("settled_on IS NULL")),
)

# What a document said in the register at each change; never changed.
document_version = Table(
    "document_version",
    metadata,
    identifier("document_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    document("content"),
    label("operation"),  # registered | updated | imported | amended | suspended | voided | repealed | reinstated
    label("actor"),
    label("reason", nullable=True),
    label("legal_basis", nullable=True),
    instant("recorded_at"),
    ForeignKeyConstraint(["document_id"], ["qingdan.normative_document.id"]),
)

document_article = Table(
    "document_article",
    metadata,
    identifier("document_id"),
    label("article", primary_key=True),  # comparable form: 35, 35.2.1, 23-1
    Column("place", Integer, nullable=False),
    label("number"),  # as written: 第三十五条
    label("content"),
    label("status", server_default=text("'in_force'")),  # in_force | amended | repealed
    Column("status_from", Date),
    CheckConstraint("status IN ('in_force', 'amended', 'repealed')", name="status"),
    ForeignKeyConstraint(["document_id"], ["qingdan.normative_document.id"]),
)

# 'Based on', 'repeals' ...: a document that is not registered yet is named, and found once it is.
document_relation = Table(
    "document_relation",
    metadata,
    identifier(),
    reference("document_id"),
    label("type"),  # based_on | amends | repeals | voids | suspends
    label("cited"),  # as written
    label("cited_number", nullable=True),
    label("cited_title_key"),
    reference("target_id", nullable=True),
    ForeignKeyConstraint(["document_id"], ["qingdan.normative_document.id"]),
    ForeignKeyConstraint(["target_id"], ["qingdan.normative_document.id"]),
    UniqueConstraint("document_id", "type", "cited"),
    Index("ix_document_relation_target_id", "target_id"),
    Index("ix_document_relation_cited_number", "cited_number", postgresql_where=text("target_id IS NULL")),
    Index("ix_document_relation_cited_title_key", "cited_title_key", postgresql_where=text("target_id IS NULL")),
)

# What rests on or is told by a document: a list, a deadline, a campaign.
document_link = Table(
    "document_link",
    metadata,
    identifier("document_id"),
    label("subject", primary_key=True),  # list | deadline | campaign
    label("subject_id", primary_key=True),
    label("purpose"),  # basis | notice | decision | plan
    instant("created_at", server_default=text("clock_timestamp()")),
    label("created_by"),
    ForeignKeyConstraint(["document_id"], ["qingdan.normative_document.id"]),
    Index("ix_document_link_subject", "subject", "subject_id"),
)

# Where an entry, as it is in force, cites a document: made from its elements, never written by people.
item_basis = Table(
    "item_basis",
    metadata,
    identifier("item_id"),
    Column("place", Integer, primary_key=True, autoincrement=False),
    label("element"),
    label("path"),  # JSON pointer into the entry's elements
    label("cited"),
    label("title_key"),
    label("number", nullable=True),
    label("article", nullable=True),  # comparable form; empty: the document as a whole
    label("use", nullable=True),  # set | implement | supervise
    label("document_kind", nullable=True),
    instant("since"),  # since when the element says so
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    Index("ix_item_basis_title_key", "title_key"),
    Index("ix_item_basis_number", "number", postgresql_where=text("number IS NOT NULL")),
)
