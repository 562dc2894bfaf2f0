"""How far the message backbone is; partners of offline exchange, their packages, what came with them.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backbone_progress",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("begun_epoch", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("problems", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_backbone_progress")),
        schema="qingdan",
    )
    _offline()
    _stored_as_they_are()


def _offline() -> None:
    op.create_table(
        "offline_partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("own_code", sa.Text(), nullable=False),
        sa.Column("public_keys", sa.Text(), nullable=False),
        sa.Column("region_codes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("list_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_offline_partner_code")),
        schema="qingdan",
    )
    op.create_table(
        "offline_mirror",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("source_list_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["qingdan.offline_partner.id"], name=op.f("fk_offline_mirror_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_mirror")),
        sa.UniqueConstraint("list_id", name=op.f("uq_offline_mirror_list_id")),
        sa.UniqueConstraint("partner_id", "source_list_id", name=op.f("uq_offline_mirror_partner_id_source_list_id")),
        schema="qingdan",
    )
    op.create_table(
        "offline_progress",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_serial", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_hash", sa.Text(), server_default=sa.text("repeat('0', 64)"), nullable=False),
        sa.Column("received_serial", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_hash", sa.Text(), server_default=sa.text("repeat('0', 64)"), nullable=False),
        sa.Column("acknowledged_serial", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["qingdan.offline_partner.id"], name=op.f("fk_offline_progress_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_offline_progress")),
        schema="qingdan",
    )
    op.create_table(
        "offline_package",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("from_position", sa.BigInteger(), nullable=False),
        sa.Column("until_position", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("ignored", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('out', 'in')", name=op.f("ck_offline_package_direction")),
        sa.CheckConstraint("kind IN ('entries', 'acknowledgement')", name=op.f("ck_offline_package_kind")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["qingdan.offline_partner.id"], name=op.f("fk_offline_package_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "direction", "serial", name=op.f("pk_offline_package")),
        schema="qingdan",
    )
    op.create_table(
        "offline_entry",
        sa.Column("mirror_id", sa.Uuid(), nullable=False),
        sa.Column("source_item_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mirror_id"], ["qingdan.offline_mirror.id"], name=op.f("fk_offline_entry_mirror_id")),
        sa.PrimaryKeyConstraint("mirror_id", "source_item_id", name=op.f("pk_offline_entry")),
        schema="qingdan",
    )
    op.create_index("ix_offline_entry_item_id", "offline_entry", ["item_id"], unique=False, schema="qingdan")
    op.create_table(
        "offline_answer",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("task_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("err_type", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'rejected')", name=op.f("ck_offline_answer_state")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["qingdan.offline_partner.id"], name=op.f("fk_offline_answer_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "item_id", name=op.f("pk_offline_answer")),
        schema="qingdan",
    )


def _stored_as_they_are() -> None:
    # A zip is compressed already: to compress it again costs processor time and saves nothing.
    op.execute("ALTER TABLE qingdan.offline_package ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    drop_views(op.get_bind())
    for table in ("answer", "entry", "package", "progress", "mirror", "partner"):
        op.drop_table(f"offline_{table}", schema="qingdan")
    op.drop_table("backbone_progress", schema="qingdan")
