"""Platforms are reached by transports of several kinds; moments of the feed for those who read it as a library.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "peer",
        sa.Column("transport", sa.Text(), server_default=sa.text("'item_exchange'"), nullable=False),
        schema="qingdan",
    )
    op.add_column(
        "peer",
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        schema="qingdan",
    )
    op.add_column("peer", sa.Column("rows_per_second", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column(
        "peer",
        sa.Column("compare_hours", sa.Integer(), server_default=sa.text("24"), nullable=True),
        schema="qingdan",
    )
    op.add_column(
        "peer_progress", sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True), schema="qingdan"
    )
    op.add_column(
        "peer_progress",
        sa.Column("unkept", sa.Integer(), server_default=sa.text("0"), nullable=False),
        schema="qingdan",
    )
    op.add_column("peer_row", sa.Column("table_name", sa.Text(), nullable=True), schema="qingdan")
    op.create_table(
        "library_instant",
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stamp", name=op.f("pk_library_instant")),
        sa.UniqueConstraint("sequence", name=op.f("uq_library_instant_sequence")),
        schema="qingdan",
    )


def downgrade() -> None:
    op.drop_table("library_instant", schema="qingdan")
    op.drop_column("peer_row", "table_name", schema="qingdan")
    for name in ("unkept", "compared_at"):
        op.drop_column("peer_progress", name, schema="qingdan")
    for name in ("options", "compare_hours", "rows_per_second", "transport"):
        op.drop_column("peer", name, schema="qingdan")
