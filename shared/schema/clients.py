"""Service clients, systems that act for themselves, and their secrets; written by the catalog service."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import identifier, instant, label, metadata, reference

service_client = Table(
    "service_client",
    metadata,
    identifier(),
    label("name"),
    # Whose system it is: an organ of the register, or the name of an operator that is none.
    reference("organ_id", nullable=True),
    label("operator", nullable=True),
    label("region_code"),
    Column("scopes", ARRAY(TEXT), nullable=False),
    label("contact"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("failed_attempts", Integer, nullable=False, server_default=text("0")),
    instant("locked_until", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("created_at", server_default=text("clock_timestamp()")),
    CheckConstraint("(organ_id IS NULL) <> (operator IS NULL)", name="one_owner"),
    ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"]),
    Index("ix_service_client_region_code", "region_code"),
)

# SHA-256 of secrets of 256 random bits; while secrets are exchanged two are good at the same time.
service_client_secret = Table(
    "service_client_secret",
    metadata,
    identifier(),
    reference("client_id"),
    Column("secret_hash", LargeBinary, nullable=False),
    instant("created_at"),
    instant("valid_until", nullable=True),
    instant("last_used_at", nullable=True),
    ForeignKeyConstraint(["client_id"], ["qingdan.service_client.id"]),
    Index("ix_service_client_secret_client_id", "client_id"),
)
