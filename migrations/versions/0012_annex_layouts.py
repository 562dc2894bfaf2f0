"""Columns of the annexes of kinds, as data.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annex_layout",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"], name=op.f("fk_annex_layout_kind")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_annex_layout")),
        schema="qingdan",
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_table("annex_layout", schema="qingdan")
