"""Codes of local schemes beside the national ones."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, text

from shared.schema.base import instant, label, metadata

# A local base code and the national one of the same matter (specification, 1.1): departments number alike only within
# one scheme, so that neither can be derived from the other.
code_mapping = Table(
    "code_mapping",
    metadata,
    label("region_code", primary_key=True),  # whose local code it is
    label("local_code", primary_key=True),
    label("national_code", primary_key=True),
    label("relation"),  # exact | narrower | broader: what the local matter is to the national one
    label("source"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("recorded_by"),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    CheckConstraint("relation IN ('exact', 'narrower', 'broader')", name="relation"),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    Index("ix_code_mapping_local_code", "local_code"),
    Index("ix_code_mapping_national_code", "national_code"),
)
