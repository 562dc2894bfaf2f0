"""What became of a code, entries that name themselves in a file, and lists by region.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_list_region_code", "list", ["region_code"], unique=False, schema="qingdan")
    op.add_column("item_code", sa.Column("successor", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("item_code", sa.Column("ended_by", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("item_code", sa.Column("adjustment_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column("import_row", sa.Column("item_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column(
        "feed_entry", sa.Column("replaces", postgresql.JSONB(astext_type=sa.Text()), nullable=True), schema="qingdan"
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_column("feed_entry", "replaces", schema="qingdan")
    op.drop_column("import_row", "item_id", schema="qingdan")
    op.drop_column("item_code", "adjustment_id", schema="qingdan")
    op.drop_column("item_code", "ended_by", schema="qingdan")
    op.drop_column("item_code", "successor", schema="qingdan")
    op.drop_index("ix_list_region_code", table_name="list", schema="qingdan")
