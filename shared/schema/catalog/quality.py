"""What regions ask of entries: the dictionary of elements, levels of validators, gates; and what a check measured."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata

# One meaning for each element key in all lists of a region (QX-36); the highest number counts.
dictionary_element = Table(
    "dictionary_element",
    metadata,
    identifier(),
    label("region_code", nullable=True),  # everywhere when empty
    label("key"),
    Column("number", Integer, nullable=False),
    label("title"),
    Column("aliases", ARRAY(TEXT), nullable=False),  # titles that mean the same
    # Elements every kind has (name, body, codes) are called by what the kind is about.
    Column("any_title", Boolean, nullable=False, server_default=text("false")),
    label("type"),
    document("vocabulary"),  # empty: any value
    document("columns"),  # of a sub-table, by their keys
    label("description", server_default=text("''")),
    label("source", server_default=text("''")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    Index(
        "uq_dictionary_element_number",
        "region_code",
        "key",
        "number",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

# How severe a region takes a validator, or one of its findings where `code` is given.
validation_level = Table(
    "validation_level",
    metadata,
    label("region_code", primary_key=True),
    label("rule", primary_key=True),
    label("code", primary_key=True),  # empty: all findings of the rule
    label("severity"),
    label("reason", nullable=True),
    label("legal_basis", nullable=True),
    label("set_by"),
    instant("set_at", server_default=text("clock_timestamp()")),
    CheckConstraint("severity IN ('block', 'error', 'warn', 'off')", name="severity"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
)

# Which share a figure of quality must reach before a list of the region is enacted.
quality_gate = Table(
    "quality_gate",
    metadata,
    label("region_code", primary_key=True),
    label("figure", primary_key=True),  # legality | authenticity | accuracy | completeness | consistency
    Column("minimum", Numeric(5, 4), nullable=False),
    label("reason", nullable=True),
    label("legal_basis", nullable=True),
    label("set_by"),
    instant("set_at", server_default=text("clock_timestamp()")),
    CheckConstraint("minimum BETWEEN 0 AND 1", name="minimum"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
)

# What the last check of a list counted, by implementing body; the nil id: entries that name none.
quality_measure = Table(
    "quality_measure",
    metadata,
    identifier("list_id"),
    identifier("organ_id"),
    instant("checked_at"),
    Column("entries", Integer, nullable=False),
    Column("mandatory", BigInteger, nullable=False),
    Column("filled", BigInteger, nullable=False),
    Column("warnings", Integer, nullable=False),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
)
