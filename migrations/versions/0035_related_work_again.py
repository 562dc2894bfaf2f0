"""Which submission a change was applied with, and related work that comes again with a later publication.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change", sa.Column("applied_submission", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column(
        "related_work",
        sa.Column("submission", sa.Integer(), server_default=sa.text("1"), nullable=False),
        schema="qingdan",
    )
    op.add_column(
        "related_work",
        sa.Column("earlier", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        schema="qingdan",
    )


def downgrade() -> None:
    op.drop_column("related_work", "earlier", schema="qingdan")
    op.drop_column("related_work", "submission", schema="qingdan")
    op.drop_column("change", "applied_submission", schema="qingdan")
