"""Subscriptions: filters, positions, secrets, what is still to be sent, and what came of it.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    "delivery_attempt",
    "delivery_range",
    "delivery",
    "subscription_notice",
    "subscription_secret",
    "subscription_sending",
    "subscription_cursor",
    "subscription",
)


def _texts(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, postgresql.ARRAY(postgresql.TEXT()), nullable=True)


def _counter(name: str, start: int, kind: type[sa.Integer] = sa.BigInteger) -> sa.Column[int]:
    return sa.Column(name, kind(), server_default=sa.text(str(start)), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        _instant("state_since"),
        _texts("kinds"),
        _texts("regions"),
        _texts("types"),
        sa.Column("items", postgresql.ARRAY(postgresql.UUID()), nullable=True),
        _texts("elements"),
        _counter("filter_version", 1, sa.Integer),
        _counter("version", 1, sa.Integer),
        _instant("created_at"),
        _instant("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        schema="qingdan",
    )
    op.create_index("ix_subscription_owner", "subscription", ["owner", "id"], schema="qingdan")
    _positions()
    _contents()
    _deliveries()


def _positions() -> None:
    op.create_table(
        "subscription_cursor",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _counter("next_sequence", 1),
        _counter("queued", 0),
        sa.Column("replay_from", sa.BigInteger(), nullable=True),
        sa.Column("replay_until", sa.BigInteger(), nullable=True),
        _counter("generation", 0, sa.Integer),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription_cursor")),
        schema="qingdan",
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "subscription_sending",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        _counter("done", 0),
        _counter("failures", 0, sa.Integer),
        _instant("retry_at", nullable=True),
        _instant("delivered_at", nullable=True),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription_sending")),
        schema="qingdan",
        postgresql_with={"fillfactor": 50},
    )


def _contents() -> None:
    op.create_table(
        "subscription_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        _instant("valid_from"),
        _instant("valid_until", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_secret")),
        schema="qingdan",
    )
    op.create_index(
        "ix_subscription_secret_subscription_id", "subscription_secret", ["subscription_id"], schema="qingdan"
    )
    op.create_table(
        "subscription_notice",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        _instant("recorded_at"),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_subscription_notice")),
        schema="qingdan",
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed_sequence", sa.BigInteger(), nullable=False),
        sa.Column("item_key", sa.Uuid(), nullable=False),
        _counter("attempts", 0, sa.SmallInteger),
        _instant("retry_at", nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _instant("queued_at"),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_delivery")),
        schema="qingdan",
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "delivery_range",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed_sequences", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        _instant("numbered_at"),
        sa.PrimaryKeyConstraint("subscription_id", "first_sequence", name=op.f("pk_delivery_range")),
        schema="qingdan",
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        _instant("attempted_at"),
        sa.PrimaryKeyConstraint("subscription_id", "id", name=op.f("pk_delivery_attempt")),
        schema="qingdan",
    )
    op.create_index(
        "ix_delivery_attempt_attempted_at",
        "delivery_attempt",
        ["attempted_at"],
        schema="qingdan",
        postgresql_using="brin",
    )
    op.create_index(
        "ix_delivery_attempt_open",
        "delivery_attempt",
        ["id"],
        schema="qingdan",
        postgresql_where=sa.text("outcome IN ('waiting', 'sending')"),
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    for table in _TABLES:
        op.drop_table(table, schema="qingdan")
