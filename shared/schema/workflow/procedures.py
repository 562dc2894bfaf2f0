"""Procedure templates, which adjustments pass them, and which organ holds a role in them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    Table,
    text,
)

from shared.schema.base import document, identifier, instant, label, metadata, reference

procedure_template = Table(
    "procedure_template",
    metadata,
    label("code", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("region_code", nullable=True),
    document("kinds"),  # kinds of adjustment it applies to
    document("steps"),  # [{"code", "title", "act", "role", "limit": {"amount", "unit"}, "next", "beside", ...}]
    label("source", server_default=text("''")),
    reference("source_document_id", nullable=True),  # the same in the register of normative documents
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# Which procedure a kind of adjustment passes; the newest that is valid counts, earlier ones stay as history.
procedure_binding = Table(
    "procedure_binding",
    metadata,
    identifier(),
    label("region_code", nullable=True),  # empty: the product's own, for the whole country
    label("kind"),
    label("list_kind", nullable=True),  # only adjustments of lists of this kind
    label("template_code"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # last day; empty: until something else is bound
    Column("locked", Boolean, nullable=False, server_default=text("false")),  # regions below cannot bind otherwise
    label("source"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    Index("ix_procedure_binding_region_code_kind", "region_code", "kind"),
)

# Which organ does the work of a role in a region: 审改办, 法制办 ... sit in different organs in different places.
role_binding = Table(
    "role_binding",
    metadata,
    identifier(),
    label("region_code"),
    label("role"),
    reference("organ_id"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    label("source"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    Index("ix_role_binding_region_code_role", "region_code", "role"),
)
