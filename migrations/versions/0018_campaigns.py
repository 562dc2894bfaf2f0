"""Campaigns with what they oblige whom to, their reports, evaluations; and the class of a kind of list.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# The lists of one field of responsibility that come along; whatever else there is counts as comprehensive.
_SPECIAL = """UPDATE qingdan.list_kind SET list_class = 'special'
WHERE code IN ('environment_responsibility', 'work_safety_responsibility')"""

_TABLES = (
    "guidance_message",
    "guidance_question",
    "guidance_record",
    "evaluation",
    "campaign_issue",
    "monthly_report",
    "campaign_submission",
    "obligation",
    "compilation_guide",
    "campaign_target",
    "campaign_milestone",
    "campaign_phase",
    "campaign",
)


def upgrade() -> None:
    op.add_column(
        "list_kind",
        sa.Column("list_class", sa.Text(), server_default=sa.text("'comprehensive'"), nullable=False),
        schema="qingdan",
    )
    op.execute(_SPECIAL)
    _plan()
    _obligations()
    _reports()
    _guidance()


def downgrade() -> None:
    op.execute("DROP VIEW IF EXISTS qingdan.catalog_responsibility_v1")
    op.execute("DROP VIEW IF EXISTS qingdan.catalog_kind_v1")
    for table in _TABLES:
        op.drop_table(table, schema="qingdan")
    op.drop_column("list_kind", "list_class", schema="qingdan")


def _text(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=empty)


def _id(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=empty)


def _instant(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def _day(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=empty)


def _json(name: str, *, empty: bool = False, default: str | None = None) -> sa.Column[Any]:
    given = sa.text(default) if default else None
    return sa.Column(name, postgresql.JSONB(), nullable=empty, server_default=given)


def _number(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=empty)


def _state(first: str) -> sa.Column[Any]:
    return sa.Column("state", sa.Text(), server_default=sa.text(f"'{first}'"), nullable=False)


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _of_campaign(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"], name=op.f(f"fk_{table}_campaign_id"))


def _plan() -> None:
    op.create_table(
        "campaign",
        _id("id"), _text("region_code"), _text("title"), _text("source"), _id("superior_id", empty=True),
        _state("draft"), _day("starts_on"), _day("due_on"), _number("report_day", empty=True),
        sa.Column("report_rule", sa.Text(), server_default=sa.text("'calendar_day'"), nullable=False),
        _day("reports_begun", empty=True), _instant("started_at", empty=True), _instant("closed_at", empty=True),
        _text("closing_note", empty=True), _version(), _text("created_by"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
                  nullable=False),
        sa.CheckConstraint("starts_on <= due_on", name=op.f("ck_campaign_dates")),
        sa.ForeignKeyConstraint(["superior_id"], ["qingdan.campaign.id"], name=op.f("fk_campaign_superior_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_campaign_region_code_state", "campaign", ["region_code", "state"], schema="qingdan")
    op.create_table(
        "campaign_phase",
        _id("campaign_id"), _number("number"), _text("title"), _text("act"), _day("starts_on"), _day("ends_on"),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_campaign_phase_dates")),
        _of_campaign("campaign_phase"),
        sa.PrimaryKeyConstraint("campaign_id", "number", name=op.f("pk_campaign_phase")),
        schema="qingdan",
    )  # fmt: skip
    texts, ids = postgresql.ARRAY(sa.TEXT()), postgresql.ARRAY(sa.UUID())
    op.create_table(
        "campaign_milestone",
        _id("id"), _id("campaign_id"), _number("number"), _number("phase", empty=True), _text("title"),
        _text("subject"), sa.Column("kinds", texts, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("levels", texts, nullable=False),
        sa.Column("region_kinds", texts, server_default=sa.text("'{administrative}'"), nullable=False),
        _text("unit"), sa.Column("organ_ids", ids, server_default=sa.text("'{}'"), nullable=False), _day("due_on"),
        _text("completion", empty=True),
        sa.Column("filing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _text("attachment", empty=True),
        _of_campaign("campaign_milestone"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_milestone")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_campaign_milestone_campaign_id_number")),
        schema="qingdan",
    )  # fmt: skip
    op.create_table(
        "campaign_target",
        _id("campaign_id"), _text("list_class"), _number("at_least"), _day("due_on"),
        _json("together", default="'[]'"),
        _of_campaign("campaign_target"),
        sa.PrimaryKeyConstraint("campaign_id", "list_class", name=op.f("pk_campaign_target")),
        schema="qingdan",
    )  # fmt: skip
    op.create_table(
        "compilation_guide",
        _id("campaign_id"), _text("list_kind"), _text("principles"), _text("scope"), _text("review_standard"),
        _json("time_nodes"), _version(), _text("set_by"), _instant("set_at"),
        _of_campaign("compilation_guide"),
        sa.PrimaryKeyConstraint("campaign_id", "list_kind", name=op.f("pk_compilation_guide")),
        schema="qingdan",
    )  # fmt: skip


def _obligations() -> None:
    op.create_table(
        "obligation",
        _id("id"), _id("campaign_id"), _id("milestone_id"), _text("subject"), _text("unit"), _text("region_code"),
        _text("list_kind", empty=True), _id("organ_id", empty=True),
        sa.Column("organisers", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        _id("list_id", empty=True), _text("title"),
        _instant("due_at"), _state("open"), _instant("submitted_at", empty=True), _instant("decided_at", empty=True),
        _instant("published_at", empty=True), _instant("filed_at", empty=True), _instant("waived_at", empty=True),
        _instant("done_at", empty=True), _json("document", empty=True), _json("returned", default="'[]'"),
        _json("receipt", empty=True), _json("waiver", empty=True), _version(),
        sa.CheckConstraint("published_at >= decided_at", name=op.f("ck_obligation_published_after_decision")),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name=op.f("ck_obligation_done")),
        sa.CheckConstraint("(state = 'waived') = (waived_at IS NOT NULL)", name=op.f("ck_obligation_waived")),
        _of_campaign("obligation"),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["qingdan.campaign_milestone.id"], name=op.f("fk_obligation_milestone_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("milestone_id", "region_code", "list_kind", "organ_id",
                            name="uq_obligation_milestone_id_of_whom", postgresql_nulls_not_distinct=True),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_obligation_campaign_id", "obligation", ["campaign_id", "due_at", "id"], schema="qingdan")
    op.create_index(
        "ix_obligation_open_list", "obligation", ["region_code", "list_kind"], schema="qingdan",
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip
    op.create_table(
        "campaign_submission",
        _id("campaign_id"), _id("adjustment_id"), _id("organ_id"), _text("region_code"),
        sa.Column("list_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False), _number("entries"),
        _instant("submitted_at"), _number("phase", empty=True), sa.Column("late", sa.Boolean(), nullable=False),
        _of_campaign("campaign_submission"),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_campaign_submission_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "adjustment_id", name=op.f("pk_campaign_submission")),
        schema="qingdan",
    )  # fmt: skip


def _reports() -> None:
    op.create_table(
        "monthly_report",
        _id("id"), _id("campaign_id"), _text("region_code"), _id("organ_id", empty=True), _day("month"),
        _instant("due_at"), _state("open"), _json("figures"), _text("progress"), _text("difficulties", empty=True),
        _text("next_steps", empty=True), _instant("submitted_at", empty=True), _text("submitted_by", empty=True),
        _version(),
        sa.CheckConstraint(
            "(state = 'submitted') = (submitted_at IS NOT NULL)", name=op.f("ck_monthly_report_submitted")
        ),
        _of_campaign("monthly_report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_report")),
        sa.UniqueConstraint("campaign_id", "region_code", "organ_id", "month",
                            name="uq_monthly_report_campaign_id_of_whom", postgresql_nulls_not_distinct=True),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_monthly_report_region_code", "monthly_report", ["region_code", "month"], schema="qingdan")
    op.create_table(
        "campaign_issue",
        _id("id"), _id("campaign_id", empty=True), _text("region_code"), _id("organ_id", empty=True),
        _text("list_kind", empty=True), _id("list_id", empty=True), _id("item_id", empty=True), _text("severity"),
        _text("title"), _text("description"), _state("open"), _id("owner_id", empty=True), _instant("due_at"),
        _json("history", default="'[]'"),
        _text("reported_by"), _instant("reported_at"), _text("resolution", empty=True),
        _text("resolved_by", empty=True), _instant("resolved_at", empty=True), _version(),
        _of_campaign("campaign_issue"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_issue")),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_campaign_issue_campaign_id", "campaign_issue", ["campaign_id", "id"], schema="qingdan")
    op.create_index("ix_campaign_issue_region_code", "campaign_issue", ["region_code", "id"], schema="qingdan")
    op.create_table(
        "evaluation",
        _id("id"), _text("region_code"), _day("first_day"), _day("last_day"), _text("title"), _json("metrics"),
        _text("conclusion"), _text("recorded_by"), _instant("recorded_at"),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_evaluation_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint(
            "region_code", "first_day", "last_day", name=op.f("uq_evaluation_region_code_first_day_last_day")
        ),
        schema="qingdan",
    )  # fmt: skip


def _guidance() -> None:
    texts = postgresql.ARRAY(sa.TEXT())
    op.create_table(
        "guidance_record",
        _id("id"), _id("organ_id"), sa.Column("region_codes", texts, nullable=False),
        sa.Column("list_kinds", texts, nullable=False), _text("method"), _day("held_on"), _text("content"),
        _text("recorded_by"), _instant("recorded_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_record")),
        schema="qingdan",
    )  # fmt: skip
    op.create_index(
        "ix_guidance_record_region_codes", "guidance_record", ["region_codes"], schema="qingdan", postgresql_using="gin"
    )
    op.create_index("ix_guidance_record_organ_id", "guidance_record", ["organ_id", "id"], schema="qingdan")
    op.create_table(
        "guidance_question",
        _id("id"), _text("region_code"), _id("organ_id"), _text("asked_region"), _id("asked_organ_id"),
        _text("list_kind", empty=True), _id("list_id", empty=True), _id("item_id", empty=True), _text("title"),
        _state("open"), sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _instant("due_at"), _text("asked_by"), _instant("asked_at"), _instant("answered_at", empty=True), _version(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_question")),
        schema="qingdan",
    )  # fmt: skip
    for place in ("region_code", "asked_region"):
        op.create_index(f"ix_guidance_question_{place}", "guidance_question", [place, "id"], schema="qingdan")
    op.create_table(
        "guidance_message",
        _id("question_id"), _number("number"), _text("act"), _id("organ_id"), _text("content"), _text("written_by"),
        _instant("written_at"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["qingdan.guidance_question.id"], name=op.f("fk_guidance_message_question_id")
        ),
        sa.PrimaryKeyConstraint("question_id", "number", name=op.f("pk_guidance_message")),
        schema="qingdan",
    )  # fmt: skip
