"""Requests signed with an appKey: the keys of systems that call us, and the nonces they have used.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=True),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("minute_began_at", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False),
        sa.Column("minute_requests", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("algorithm IN ('HMAC-SHA256', 'HMAC-SM3')", name=op.f("ck_app_key_algorithm")),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_app_key_peer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_key")),
        sa.UniqueConstraint("code", name=op.f("uq_app_key_code")),
        schema="qingdan",
    )
    op.create_index("ix_app_key_client_id", "app_key", ["client_id"], schema="qingdan")
    op.create_table(
        "app_key_nonce",
        sa.Column("app_key_id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["app_key_id"], ["qingdan.app_key.id"], name=op.f("fk_app_key_nonce_app_key_id")),
        sa.PrimaryKeyConstraint("app_key_id", "nonce", name=op.f("pk_app_key_nonce")),
        schema="qingdan",
    )
    op.create_index("ix_app_key_nonce_expires_at", "app_key_nonce", ["expires_at"], schema="qingdan")


def downgrade() -> None:
    op.drop_table("app_key_nonce", schema="qingdan")
    op.drop_table("app_key", schema="qingdan")
