"""Imports: mapping profiles, staged rows and their outcome."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# How a foreign table is read, as data; a code has numbered versions, the highest one is used.
mapping_profile = Table(
    "mapping_profile",
    metadata,
    label("code", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("source"),  # whose vocabulary_mapping translates the values
    label("origin"),  # built_in | custom
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    document("document"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# One import of a file: what was asked, and what was found out about the file.
import_run = Table(
    "import_run",
    metadata,
    identifier("operation_id"),
    label("list_kind"),
    label("region_code"),
    Column("list_ids", ARRAY(UUID(as_uuid=True)), nullable=False),  # lists it may write to
    label("profile"),
    Column("profile_version", Integer, nullable=False),
    label("file_name"),
    label("spool"),
    Column("dry_run", Boolean, nullable=False),
    label("reason"),
    label("legal_basis"),
    label("encoding", nullable=True),
    Column("header", ARRAY(TEXT)),
    Column("absent", ARRAY(TEXT)),  # elements of the profile the file does not carry
    Column("rows", Integer),  # empty until the whole file is staged
    instant("decided_at", nullable=True),  # when every row had an outcome
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    Index("ix_import_run_created_at", "created_at"),
)

# The rows of a file on their way in. Unlogged: after a crash of the server they are read from the file again.
import_row = Table(
    "import_row",
    metadata,
    identifier("operation_id"),
    Column("row", Integer, primary_key=True, autoincrement=False),
    label("organ_code", nullable=True),  # credit code, or the organ's id
    reference("item_id", nullable=True),  # the entry the row says it is
    label("base_code", nullable=True),
    label("handling_item"),
    label("whole_code", nullable=True),  # implementation code with the serial of the handling item
    document("elements"),
    document("errors"),  # [{"column", "code", "message"}]
    document("notes"),
    Column("cleared", ARRAY(TEXT), nullable=False),  # elements whose cell is empty
    label("source", nullable=True),  # the cells of a rejected row, a JSON array in text
    prefixes=["UNLOGGED"],
)

# What became of each row; kept for some days so that people can look at rejects and changes.
import_outcome = Table(
    "import_outcome",
    metadata,
    identifier("operation_id"),
    Column("row", Integer, primary_key=True, autoincrement=False),
    label("outcome"),  # added | changed | unchanged | rejected
    Column("applied", Boolean, nullable=False, server_default=text("false")),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    reference("organ_id", nullable=True),
    label("name", nullable=True),
    document("changes", nullable=True),  # {element: {"from", "to"}} of a changed row
    document("errors"),
    document("notes"),
    label("source", nullable=True),  # the cells of a rejected row
    Index("ix_import_outcome_outcome", "operation_id", "outcome", "row"),
)
