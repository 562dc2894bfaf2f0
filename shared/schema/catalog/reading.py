"""Named editions of lists, and what the last reconciliation of each derived list found."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, Table, text

from shared.schema.base import identifier, instant, label, metadata

# A list as it stood at an instant, under a name (2017版): the versions that held then, nothing is copied.
edition = Table(
    "edition",
    metadata,
    identifier("list_id"),
    label("name", primary_key=True),
    instant("in_force_at"),
    label("named_by"),
    label("reason", nullable=True),
    instant("named_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
)

# Derived entries of a list beside what the rule says they ought to show; equal hashes: no drift.
reconciliation = Table(
    "reconciliation",
    metadata,
    identifier("list_id"),
    label("rule", primary_key=True),  # or `columns`: the key columns of entries beside their versions
    Column("rule_set", Integer, nullable=False),
    Column("pairs", Integer, nullable=False),
    Column("drifted", Integer, nullable=False),
    Column("actual", LargeBinary, nullable=False),
    Column("expected", LargeBinary, nullable=False),
    instant("checked_at"),
)
