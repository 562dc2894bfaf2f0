"""Who supervises what was permitted: determinations, disputes, the gate before publication.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supervision_determination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("approval_responsible", sa.Uuid(), nullable=False),
        sa.Column("supervising_body", sa.Uuid(), nullable=False),
        sa.Column("joint_bodies", postgresql.ARRAY(postgresql.UUID(as_uuid=True)), server_default=sa.text("'{}'"),
                  nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("determined_by", sa.Text(), nullable=False),
        sa.Column("determined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"],
                                name=op.f("fk_supervision_determination_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_determination")),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_supervision_determination_item_id", "supervision_determination",
                    ["item_id", "determined_at"], unique=False, schema="qingdan")  # fmt: skip
    op.create_table(
        "supervision_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_ids", postgresql.ARRAY(postgresql.UUID(as_uuid=True)), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'decided')", name=op.f("ck_supervision_dispute_state")),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_supervision_dispute_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_dispute")),
        schema="qingdan",
    )
    op.create_index("uq_supervision_dispute_open", "supervision_dispute", ["item_id"], unique=True, schema="qingdan",
                    postgresql_where=sa.text("state = 'open'"))  # fmt: skip
    op.create_index("ix_supervision_dispute_region_code", "supervision_dispute", ["region_code", "id"], unique=False,
                    schema="qingdan")  # fmt: skip
    op.create_table(
        "supervision_gate",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('report', 'block')", name=op.f("ck_supervision_gate_mode")),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"],
                                name=op.f("fk_supervision_gate_region_code")),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_supervision_gate")),
        schema="qingdan",
    )  # fmt: skip


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_table("supervision_gate", schema="qingdan")
    op.drop_table("supervision_dispute", schema="qingdan")
    op.drop_table("supervision_determination", schema="qingdan")
