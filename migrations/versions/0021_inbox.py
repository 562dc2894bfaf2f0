"""Messages and their ways out, escalation, substitutes, contacts of organs; tasks by cause, with parts and joint units.

Revision ID: 0021
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _messages()
    _work()
    _contacts()
    op.add_column("task", sa.Column("cause", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("task", sa.Column("parent_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column(
        "task",
        sa.Column("joint_organ_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        schema="qingdan",
    )
    op.create_index(
        "ix_task_parent_id", "task", ["parent_id"], schema="qingdan", postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_index(
        "ix_task_overdue_at",
        "task",
        ["id"],
        schema="qingdan",
        postgresql_where=sa.text("state = 'open' AND overdue_at IS NOT NULL"),
    )
    # Nobody is told of what happened before there were messages: it is in the inbox.
    op.execute(
        "INSERT INTO qingdan.consumer (name, service, position)"
        " SELECT c.name, 'workflow', h.position FROM qingdan.log_head AS h"
        " CROSS JOIN (VALUES ('messages'), ('subtasks')) AS c (name) ON CONFLICT DO NOTHING"
    )
    # What was opened before belongs together as well.
    op.execute(
        "UPDATE qingdan.task SET cause = 'adjustment/' || adjustment_id"
        " WHERE state = 'open' AND kind IN ('linkage_draft', 'finding') AND adjustment_id IS NOT NULL"
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("behalf_of", sa.Uuid(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        schema="qingdan",
    )
    op.create_index("ix_message_account_id_made_at", "message", ["account_id", "made_at", "id"], schema="qingdan")
    op.create_index(
        "ix_message_unread", "message", ["account_id"], schema="qingdan", postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index("ix_message_made_at", "message", ["made_at"], schema="qingdan")
    op.create_table(
        "message_preference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_mode", sa.Text(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), server_default=sa.text("8"), nullable=False),
        sa.Column("messenger", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("digest_since", INSTANT, nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.CheckConstraint("email_mode IN ('off', 'each', 'digest')", name=op.f("ck_message_preference_email_mode")),
        sa.CheckConstraint("email_mode = 'off' OR email IS NOT NULL", name=op.f("ck_message_preference_email")),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name=op.f("ck_message_preference_digest_hour")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_message_preference")),
        schema="qingdan",
    )
    op.create_table(
        "message_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_delivery")),
        sa.UniqueConstraint(
            "account_id", "channel", "about", name=op.f("uq_message_delivery_account_id_channel_about")
        ),
        schema="qingdan",
    )
    op.create_index(
        "ix_message_delivery_waiting",
        "message_delivery",
        ["channel", "next_at"],
        schema="qingdan",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_message_delivery_ended_at",
        "message_delivery",
        ["ended_at"],
        schema="qingdan",
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )


def _work() -> None:
    op.create_table(
        "escalation_rule",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_escalation_rule")),
        schema="qingdan",
    )
    op.create_table(
        "task_escalation",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("overdue_at", INSTANT, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["qingdan.task.id"], name=op.f("fk_task_escalation_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task_escalation")),
        schema="qingdan",
    )
    op.create_table(
        "substitution",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("substitute_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
        schema="qingdan",
    )
    op.create_index("ix_substitution_account_id", "substitution", ["account_id", "valid_to"], schema="qingdan")
    op.create_index("ix_substitution_substitute_id", "substitution", ["substitute_id", "valid_to"], schema="qingdan")


def _contacts() -> None:
    op.create_table(
        "organ_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("duty IN ('principal', 'deputy', 'operator')", name=op.f("ck_organ_contact_duty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organ_contact")),
        sa.UniqueConstraint("organ_id", "number", name=op.f("uq_organ_contact_organ_id_number")),
        schema="qingdan",
    )
    op.create_table(
        "organ_contact_state",
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("organ_id", name=op.f("pk_organ_contact_state")),
        schema="qingdan",
    )


def downgrade() -> None:
    op.execute("DELETE FROM qingdan.consumer WHERE name IN ('messages', 'subtasks')")
    op.drop_index("ix_task_overdue_at", table_name="task", schema="qingdan")
    op.drop_index("ix_task_parent_id", table_name="task", schema="qingdan")
    for column in ("joint_organ_ids", "parent_id", "cause"):
        op.drop_column("task", column, schema="qingdan")
    for table in (
        "organ_contact_state",
        "organ_contact",
        "substitution",
        "task_escalation",
        "escalation_rule",
        "message_delivery",
        "message_preference",
        "message",
    ):
        op.drop_table(table, schema="qingdan")
