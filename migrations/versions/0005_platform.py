"""Platforms that lists are exchanged with, and lists that mirror a platform's catalogue.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mirror_refusal",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "refused_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_mirror_refusal")),
        schema="qingdan",
    )
    op.create_index("ix_mirror_refusal_peer_id", "mirror_refusal", ["peer_id"], unique=False, schema="qingdan")
    op.create_table(
        "peer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("region_codes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("list_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.Column("mirror_list_id", sa.Uuid(), nullable=True),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("state IN ('active', 'paused')", name=op.f("ck_peer_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer")),
        sa.UniqueConstraint("code", name=op.f("uq_peer_code")),
        schema="qingdan",
    )
    op.create_table(
        "peer_batch",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("resend_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_peer_batch_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", "number", name=op.f("pk_peer_batch")),
        schema="qingdan",
    )
    op.create_index(
        "uq_peer_batch_open",
        "peer_batch",
        ["peer_id"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "peer_feedback",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("feedback_id", sa.Text(), nullable=False),
        sa.Column("row_guid", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("err_type", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("task_version", sa.Integer(), nullable=True),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_peer_feedback_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", "feedback_id", name=op.f("pk_peer_feedback")),
        schema="qingdan",
    )
    op.create_index(
        "ix_peer_feedback_row_guid", "peer_feedback", ["peer_id", "row_guid"], unique=False, schema="qingdan"
    )
    op.create_table(
        "peer_progress",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_batch", sa.Text(), nullable=True),
        sa.Column("feedback_cursor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("catalogue_cursor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_peer_progress_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", name=op.f("pk_peer_progress")),
        schema="qingdan",
    )
    op.create_table(
        "peer_row",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("task_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("row_guid", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("err_type", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("operation IN ('I', 'U', 'D')", name=op.f("ck_peer_row_operation")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'accepted', 'rejected', 'superseded')", name=op.f("ck_peer_row_state")
        ),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_peer_row_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", "item_id", "task_version", name=op.f("pk_peer_row")),
        schema="qingdan",
    )
    op.create_index("ix_peer_row_batch", "peer_row", ["peer_id", "batch"], unique=False, schema="qingdan")
    op.create_index(
        "ix_peer_row_queue",
        "peer_row",
        ["peer_id", "sequence", "item_id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_peer_row_row_guid", "peer_row", ["row_guid"], unique=False, schema="qingdan")
    op.create_index(
        "ix_peer_row_state", "peer_row", ["peer_id", "state", "item_id", "task_version"], unique=False, schema="qingdan"
    )
    op.create_index(
        "uq_peer_row_waiting",
        "peer_row",
        ["peer_id", "item_id"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "pulled_entry",
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"], name=op.f("fk_pulled_entry_peer_id")),
        sa.PrimaryKeyConstraint("peer_id", "external_id", name=op.f("pk_pulled_entry")),
        schema="qingdan",
    )
    op.create_index("ix_pulled_entry_item_id", "pulled_entry", ["item_id"], unique=False, schema="qingdan")
    op.add_column("list", sa.Column("mirrored_from", sa.Uuid(), nullable=True), schema="qingdan")


def downgrade() -> None:
    # The views are made anew with every upgrade.
    for view in ("catalog_list_v1", "catalog_mirror_refusal_v1", "publish_peer_v1", "publish_peer_answer_v1"):
        op.execute(f"DROP VIEW IF EXISTS qingdan.{view} CASCADE")
    op.execute("DROP VIEW IF EXISTS qingdan.publish_pulled_entry_v1 CASCADE")
    op.drop_column("list", "mirrored_from", schema="qingdan")
    op.drop_index("ix_pulled_entry_item_id", table_name="pulled_entry", schema="qingdan")
    op.drop_table("pulled_entry", schema="qingdan")
    op.drop_index(
        "uq_peer_row_waiting", table_name="peer_row", schema="qingdan", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index("ix_peer_row_state", table_name="peer_row", schema="qingdan")
    op.drop_index("ix_peer_row_row_guid", table_name="peer_row", schema="qingdan")
    op.drop_index(
        "ix_peer_row_queue", table_name="peer_row", schema="qingdan", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index("ix_peer_row_batch", table_name="peer_row", schema="qingdan")
    op.drop_table("peer_row", schema="qingdan")
    op.drop_table("peer_progress", schema="qingdan")
    op.drop_index("ix_peer_feedback_row_guid", table_name="peer_feedback", schema="qingdan")
    op.drop_table("peer_feedback", schema="qingdan")
    op.drop_index(
        "uq_peer_batch_open", table_name="peer_batch", schema="qingdan", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_table("peer_batch", schema="qingdan")
    op.drop_table("peer", schema="qingdan")
    op.drop_index("ix_mirror_refusal_peer_id", table_name="mirror_refusal", schema="qingdan")
    op.drop_table("mirror_refusal", schema="qingdan")
