"""Seals of the event log.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("from_position", sa.BigInteger(), nullable=False),
        sa.Column("to_position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("from_position <= to_position", name=op.f("ck_seal_range")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
        sa.UniqueConstraint("from_position", name=op.f("uq_seal_from_position")),
        sa.UniqueConstraint("to_position", name=op.f("uq_seal_to_position")),
        schema="qingdan",
    )
    op.create_index("ix_seal_sealed_at", "seal", ["sealed_at"], schema="qingdan")


def downgrade() -> None:
    op.drop_index("ix_seal_sealed_at", table_name="seal", schema="qingdan")
    op.drop_table("seal", schema="qingdan")
