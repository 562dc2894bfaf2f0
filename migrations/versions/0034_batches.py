"""Batches that a platform has and has not decided on yet, and until when a platform is sent nothing more.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "peer_batch",
        sa.Column("undecided", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="qingdan",
    )
    op.add_column(
        "peer_progress", sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True), schema="qingdan"
    )


def downgrade() -> None:
    op.drop_column("peer_progress", "rests_until", schema="qingdan")
    op.drop_column("peer_batch", "undecided", schema="qingdan")
