"""Clocks, the calendar register, deadline rules, and tasks that are handed on.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_override",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "day", name=op.f("pk_calendar_override")),
        schema="qingdan",
    )
    op.create_table(
        "calendar_year",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "year", name=op.f("pk_calendar_year")),
        schema="qingdan",
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension_most", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pauses", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column(
            "extensions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("thresholds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalculate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint("subject", name=op.f("uq_clock_subject")),
        schema="qingdan",
    )
    op.create_index(
        "ix_clock_next_at",
        "clock",
        ["next_at"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_clock_recalculate", "clock", ["id"], unique=False, schema="qingdan", postgresql_where=sa.text("recalculate")
    )
    op.create_index(
        "ix_clock_running",
        "clock",
        ["region_code", "due_at"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state <> 'stopped'"),
    )
    op.create_table(
        "clock_threshold",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("thresholds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_clock_threshold")),
        schema="qingdan",
    )
    op.create_table(
        "deadline_rule",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("trigger_level", sa.Text(), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("levels", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("extension_most", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("task_title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("begun_month", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_deadline_rule")),
        schema="qingdan",
    )
    op.add_column("task", sa.Column("assignee_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column("task", sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True), schema="qingdan")
    op.add_column(
        "task",
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        schema="qingdan",
    )
    op.add_column(
        "task", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False), schema="qingdan"
    )
    op.create_index(
        "ix_task_assignee_id",
        "task",
        ["assignee_id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state = 'open'"),
    )
    # Tasks that are open with a due date get a clock that says when they are late.
    op.execute(
        """
        INSERT INTO qingdan.clock (id, subject, region_code, organ_id, role, adjustment_id, amount, unit, fixed_at,
                                   extension_most, started_at, due_at, provisional, state, thresholds, warnings,
                                   next_at)
        SELECT t.id, t.subject, t.region_code, t.organ_id, t.role, t.adjustment_id, 0, 'fixed_date', t.due_at, 10,
               t.opened_at, t.due_at, false, 'running', '[]', jsonb_build_array(jsonb_build_object(
                   'grade', 'overdue', 'at', t.due_at + interval '1 second', 'told_at', NULL)),
               t.due_at + interval '1 second'
        FROM qingdan.task AS t WHERE t.state = 'open' AND t.due_at IS NOT NULL
        """
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_index(
        "ix_task_assignee_id", table_name="task", schema="qingdan", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_column("task", "version", schema="qingdan")
    op.drop_column("task", "history", schema="qingdan")
    op.drop_column("task", "overdue_at", schema="qingdan")
    op.drop_column("task", "assignee_id", schema="qingdan")
    op.drop_table("deadline_rule", schema="qingdan")
    op.drop_table("clock_threshold", schema="qingdan")
    op.drop_index(
        "ix_clock_running", table_name="clock", schema="qingdan", postgresql_where=sa.text("state <> 'stopped'")
    )
    op.drop_index("ix_clock_recalculate", table_name="clock", schema="qingdan", postgresql_where=sa.text("recalculate"))
    op.drop_index(
        "ix_clock_next_at", table_name="clock", schema="qingdan", postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.drop_table("clock", schema="qingdan")
    op.drop_table("calendar_year", schema="qingdan")
    op.drop_table("calendar_override", schema="qingdan")
