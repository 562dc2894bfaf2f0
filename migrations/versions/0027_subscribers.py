"""Subscribers: schemes of signing, ordering, limits, certificates, what is asked for again and what is put aside.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_ADDED = {
    "subscription": (
        "changes",
        "ordering",
        "requests_per_second",
        "concurrency",
        "client_certificate",
        "authority",
    ),
    "subscription_sending": (
        "failing_since",
        "warned_at",
    ),
    "subscription_secret": (
        "scheme",
        "public_key",
    ),
    "delivery_attempt": (
        "event_id",
        "signed_at",
        "signatures",
        "body_size",
        "body_digest",
        "answer_headers",
    ),
}


def upgrade() -> None:
    _columns_of_subscriptions()
    _columns_of_the_log()
    op.create_table(
        "delivery_wanted",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_delivery_wanted")),
        schema="qingdan",
    )
    op.create_table(
        "parked_delivery",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed_sequence", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("parked_by", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_parked_delivery")),
        schema="qingdan",
    )
    op.create_index(
        "ix_feed_entry_recorded_at", "feed_entry", ["recorded_at"], schema="qingdan", postgresql_using="brin"
    )
    # Endpoints that fail already are counted from now on: nobody is disabled by an upgrade.
    op.execute("UPDATE qingdan.subscription_sending SET failing_since = clock_timestamp() WHERE failures > 0")


def _columns_of_subscriptions() -> None:
    op.add_column("subscription", sa.Column("changes", postgresql.ARRAY(sa.Text()), nullable=True), schema="qingdan")
    op.add_column(
        "subscription",
        sa.Column("ordering", sa.Text(), server_default=sa.text("'item'"), nullable=False),
        schema="qingdan",
    )
    op.add_column("subscription", sa.Column("requests_per_second", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column("subscription", sa.Column("concurrency", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column("subscription", sa.Column("client_certificate", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("subscription", sa.Column("authority", sa.Text(), nullable=True), schema="qingdan")
    op.add_column(
        "subscription_sending", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True), schema="qingdan"
    )
    op.add_column(
        "subscription_sending", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True), schema="qingdan"
    )
    op.add_column(
        "subscription_secret",
        sa.Column("scheme", sa.Text(), server_default=sa.text("'hmac_sha256'"), nullable=False),
        schema="qingdan",
    )
    op.add_column("subscription_secret", sa.Column("public_key", sa.Text(), nullable=True), schema="qingdan")


def _columns_of_the_log() -> None:
    op.add_column("delivery_attempt", sa.Column("event_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column(
        "delivery_attempt", sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True), schema="qingdan"
    )
    op.add_column("delivery_attempt", sa.Column("signatures", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("delivery_attempt", sa.Column("body_size", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column("delivery_attempt", sa.Column("body_digest", sa.LargeBinary(), nullable=True), schema="qingdan")
    op.add_column(
        "delivery_attempt",
        sa.Column("answer_headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        schema="qingdan",
    )


def downgrade() -> None:
    op.drop_index("ix_feed_entry_recorded_at", "feed_entry", schema="qingdan")
    op.drop_table("parked_delivery", schema="qingdan")
    op.drop_table("delivery_wanted", schema="qingdan")
    for table, columns in _ADDED.items():
        for column in columns:
            op.drop_column(table, column, schema="qingdan")
