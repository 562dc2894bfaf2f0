"""Accounts of the staff and the roles they hold; written by the catalog service."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, UniqueConstraint, text

from shared.schema.base import identifier, instant, label, metadata, reference

account = Table(
    "account",
    metadata,
    identifier(),
    label("login", unique=True),
    label("name"),
    label("password_hash"),
    reference("organ_id", nullable=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("failed_attempts", Integer, nullable=False, server_default=text("0")),
    instant("locked_until", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# A role holds in a region and everything below it, or for one organ alone.
account_role = Table(
    "account_role",
    metadata,
    identifier(),
    reference("account_id"),
    label("role"),
    label("region_code"),
    reference("organ_id", nullable=True),
    Index("ix_account_role_account_id", "account_id"),
    ForeignKeyConstraint(["account_id"], ["qingdan.account.id"]),
    UniqueConstraint("account_id", "role", "region_code", "organ_id", postgresql_nulls_not_distinct=True),
)
