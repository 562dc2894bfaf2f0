"""What took the place of organs and regions that are no more."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Table, text

from shared.schema.base import identifier, instant, label, metadata

# Organs that were merged, split, renamed into another register entry, or went without heirs (机构撤并).
organ_successor = Table(
    "organ_successor",
    metadata,
    identifier("organ_id"),
    identifier("successor_id"),
    label("kind"),  # merged | split | replaced
    Column("since", Date, nullable=False),
    label("legal_basis"),
    label("recorded_by"),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"]),
    ForeignKeyConstraint(["successor_id"], ["qingdan.organ.id"]),
    Index("ix_organ_successor_successor_id", "successor_id"),
)

# Region codes that GB/T 2260 gave up; a code need not have been in this register to have had a successor.
region_successor = Table(
    "region_successor",
    metadata,
    label("code", primary_key=True),
    label("successor_code", primary_key=True),
    label("kind"),  # recoded | merged | split
    Column("since", Date, nullable=False),
    label("legal_basis"),
    label("recorded_by"),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["successor_code"], ["qingdan.region.code"]),
    Index("ix_region_successor_successor_code", "successor_code"),
)
