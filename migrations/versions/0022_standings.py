"""The events behind standings, notices that never change once they are approved, and satisfaction surveys.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLES = ("survey_score", "survey", "survey_schedule", "notice", "standing_event")

# What a document arranges says which one, where the register has it.
_ARRANGED = ("procedure_template", "campaign")

# What was told to everybody under a number stays as it was told; a correction is another notice.
_KEEP = """
CREATE FUNCTION qingdan.keep_approved_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an approved notice never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_KEPT = """
CREATE TRIGGER keep_approved_notice BEFORE UPDATE OR DELETE ON qingdan.notice
FOR EACH ROW WHEN (OLD.state = 'approved') EXECUTE FUNCTION qingdan.keep_approved_notice()
"""


def upgrade() -> None:
    for table in _ARRANGED:
        op.add_column(table, _id("source_document_id", empty=True), schema="qingdan")
    _notices()
    _surveys()
    op.execute(_KEEP)
    op.execute(_KEPT)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table, schema="qingdan")
    op.execute("DROP FUNCTION qingdan.keep_approved_notice()")
    for table in _ARRANGED:
        op.drop_column(table, "source_document_id", schema="qingdan")


def _text(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=empty)


def _id(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=empty)


def _instant(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def _day(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=empty)


def _number(name: str, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=empty)


def _json(name: str, *, empty: bool = False, default: str | None = None) -> sa.Column[Any]:
    given = sa.text(default) if default else None
    return sa.Column(name, postgresql.JSONB(), nullable=empty, server_default=given)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=True)


def _array(name: str, of: Any, *, default: str | None = "'{}'") -> sa.Column[Any]:
    given = sa.text(default) if default else None
    return sa.Column(name, postgresql.ARRAY(of), server_default=given, nullable=False)


def _state(first: str) -> sa.Column[Any]:
    return sa.Column("state", sa.Text(), server_default=sa.text(f"'{first}'"), nullable=False)


def _version() -> sa.Column[Any]:
    return sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)


def _notices() -> None:
    op.create_table(
        "standing_event",
        _id("subject_id"), _id("event_id"), _text("type"), _instant("recorded_at"),
        sa.PrimaryKeyConstraint("subject_id", "event_id", name=op.f("pk_standing_event")),
        schema="qingdan",
    )  # fmt: skip
    op.create_table(
        "notice",
        _id("id"), _id("campaign_id"), _text("region_code"), _text("kind"), _text("grouping"), _day("first_day"),
        _day("last_day"), _instant("counted_at"), _text("title"), _text("preamble"), _json("names"),
        _json("omitted", default="'[]'"), _array("evidence_ids", sa.UUID()), _state("draft"),
        _text("number", empty=True), _day("issued_on", empty=True), _bytes("content"),
        _text("content_hash", empty=True), _bytes("file"), _text("file_hash", empty=True), _text("drafted_by"),
        _instant("drafted_at"), _text("approved_by", empty=True), _instant("approved_at", empty=True),
        _text("discarded_because", empty=True), _version(),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_notice_period")),
        sa.CheckConstraint(
            "(state = 'approved') = (approved_at IS NOT NULL) AND (state <> 'approved' OR approved_by <> drafted_by AND"
            " num_nulls(content, content_hash, file, file_hash, number, issued_on) = 0)",
            name=op.f("ck_notice_approved"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["qingdan.campaign.id"], name=op.f("fk_notice_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        schema="qingdan",
    )  # fmt: skip
    op.create_index("ix_notice_campaign_id", "notice", ["campaign_id", "id"], schema="qingdan")


def _surveys() -> None:
    op.create_table(
        "survey_schedule",
        _text("region_code"), _array("due_days", sa.TEXT(), default=None), _text("method"), _text("source"),
        _day("since"), _number("begun_year"), _version(), _text("set_by"), _instant("set_at"),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_survey_schedule")),
        schema="qingdan",
    )  # fmt: skip
    op.create_table(
        "survey",
        _id("id"), _text("region_code"), _number("year"), _number("round", empty=True), _text("title"),
        _text("method"), _instant("due_at"), _state("open"), _day("first_day", empty=True),
        _day("last_day", empty=True), _text("conducted_by", empty=True), _array("respondents", sa.TEXT()),
        _number("sample_size", empty=True), sa.Column("score", sa.Numeric(5, 2), nullable=True),
        _text("summary", empty=True), _json("file", empty=True), _text("recorded_by", empty=True),
        _instant("recorded_at", empty=True), _version(),
        sa.CheckConstraint(
            "(state = 'done') = (recorded_at IS NOT NULL) AND (state = 'open' OR sample_size > 0 AND score"
            " BETWEEN 0 AND 100 AND file IS NOT NULL)",
            name=op.f("ck_survey_done"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("region_code", "year", "round", name=op.f("uq_survey_region_code_year_round")),
        schema="qingdan",
    )  # fmt: skip
    op.create_table(
        "survey_score",
        _id("survey_id"), _number("number"), _id("organ_id", empty=True), _id("list_id", empty=True),
        _id("item_id", empty=True), _number("sample_size"), sa.Column("score", sa.Numeric(5, 2), nullable=False),
        _text("opinion", empty=True),
        sa.CheckConstraint(
            "sample_size > 0 AND score BETWEEN 0 AND 100", name=op.f("ck_survey_score_figures")
        ),
        sa.CheckConstraint("num_nonnulls(organ_id, list_id, item_id) > 0", name=op.f("ck_survey_score_about")),
        sa.ForeignKeyConstraint(["survey_id"], ["qingdan.survey.id"], name=op.f("fk_survey_score_survey_id")),
        sa.PrimaryKeyConstraint("survey_id", "number", name=op.f("pk_survey_score")),
        schema="qingdan",
    )  # fmt: skip
