"""Channels: where lists are shown, what each shows, what people posted.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("shows", sa.Text(), server_default=sa.text("'list'"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("compares", sa.Text(), nullable=False),
        sa.Column("put_url", sa.Text(), nullable=True),
        sa.Column("read_url", sa.Text(), nullable=True),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("progress_url", sa.Text(), nullable=True),
        sa.Column("list_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("window_seconds", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("compares IN ('content', 'marker')", name=op.f("ck_channel_compares")),
        sa.CheckConstraint("delivery IN ('pull', 'put', 'post')", name=op.f("ck_channel_delivery")),
        sa.CheckConstraint("state IN ('active', 'paused')", name=op.f("ck_channel_state")),
        sa.CheckConstraint("shows = 'list' OR shows = 'unit' AND organ_id IS NOT NULL", name=op.f("ck_channel_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("code", name=op.f("uq_channel_code")),
        schema="qingdan",
    )
    op.create_index("ix_channel_region_code", "channel", ["region_code"], unique=False, schema="qingdan")
    op.create_table(
        "copy_heading",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("heading", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "revision", name=op.f("pk_copy_heading")),
        schema="qingdan",
    )
    op.create_table(
        "channel_copy",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("due_revision", sa.Integer(), nullable=False),
        sa.Column("due_hash", sa.LargeBinary(), nullable=False),
        sa.Column("base_revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("put_revision", sa.Integer(), nullable=True),
        sa.Column("posted_revision", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shown_revision", sa.Integer(), nullable=True),
        sa.Column("shown_hash", sa.LargeBinary(), nullable=True),
        sa.Column("shown_digest", sa.LargeBinary(), nullable=True),
        sa.Column("switched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'current', 'late', 'differs', 'unreachable')", name=op.f("ck_channel_copy_state")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["qingdan.channel.id"], name=op.f("fk_channel_copy_channel_id")),
        sa.PrimaryKeyConstraint("channel_id", "list_id", name=op.f("pk_channel_copy")),
        schema="qingdan",
    )
    op.create_index("ix_channel_copy_list_id", "channel_copy", ["list_id"], unique=False, schema="qingdan")
    op.create_index(
        "ix_channel_copy_look_at", "channel_copy", ["channel_id", "look_at"], unique=False, schema="qingdan"
    )
    op.create_table(
        "channel_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["qingdan.channel.id"], name=op.f("fk_channel_evidence_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_evidence")),
        schema="qingdan",
    )
    op.create_index(
        "ix_channel_evidence_channel_id", "channel_evidence", ["channel_id"], unique=False, schema="qingdan"
    )
    op.create_table(
        "channel_finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason IN ('to_post', 'lagging', 'differs')", name=op.f("ck_channel_finding_reason")),
        sa.ForeignKeyConstraint(["channel_id"], ["qingdan.channel.id"], name=op.f("fk_channel_finding_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_finding")),
        schema="qingdan",
    )
    op.create_index(
        "uq_channel_finding_open",
        "channel_finding",
        ["channel_id", "list_id", "reason"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "channel_posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["qingdan.channel.id"], name=op.f("fk_channel_posting_channel_id")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["qingdan.channel_evidence.id"], name=op.f("fk_channel_posting_evidence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_posting")),
        schema="qingdan",
    )
    op.create_index(
        "ix_channel_posting_channel_id",
        "channel_posting",
        ["channel_id", "list_id", "revision"],
        unique=False,
        schema="qingdan",
    )


def downgrade() -> None:
    op.execute("DROP VIEW IF EXISTS qingdan.publish_channel_finding_v1")
    op.drop_table("channel_posting", schema="qingdan")
    op.drop_table("channel_finding", schema="qingdan")
    op.drop_table("channel_evidence", schema="qingdan")
    op.drop_table("channel_copy", schema="qingdan")
    op.drop_table("copy_heading", schema="qingdan")
    op.drop_table("channel", schema="qingdan")
