"""What the public says of published entries, and the answers; a column that older programs read is back.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 0016 used to take it away, and programs before it, which go on while a new one is started, still read it.
    # What entries are found by has grown since the rows of search were made: they are made again, beside the work.
    for fill in ("item_search_fill", "published_search_fill"):
        op.execute(f"UPDATE qingdan.{fill} SET filled = false, after_list = NULL, after_item = NULL")
    op.execute("ALTER TABLE qingdan.item_code ADD COLUMN IF NOT EXISTS replaced_by uuid")
    op.create_table(
        "public_feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'received'"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("shown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("state IN ('received', 'answered')", name=op.f("ck_public_feedback_state")),
        sa.CheckConstraint(
            "state = 'received' OR answer IS NOT NULL AND outcome IS NOT NULL",
            name=op.f("ck_public_feedback_answer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_feedback")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_public_feedback_receipt_hash")),
        schema="qingdan",
    )
    op.create_index("ix_public_feedback_item_id", "public_feedback", ["item_id", "id"], schema="qingdan")
    op.create_index(
        "ix_public_feedback_region_code", "public_feedback", ["region_code", "state", "id"], schema="qingdan"
    )


def downgrade() -> None:
    op.execute("DROP VIEW IF EXISTS qingdan.publish_feedback_v1")
    op.drop_table("public_feedback", schema="qingdan")
