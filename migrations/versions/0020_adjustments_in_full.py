"""What prepares a decision: receipts of submissions, reasons for materials, public comment, optional steps, due
dates, suspensions, disputes, and what a lead asks the others.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FALSE = sa.text("false")


def upgrade() -> None:
    op.add_column(
        "review_step", sa.Column("optional", sa.Boolean(), server_default=_FALSE, nullable=False), schema="qingdan"
    )
    op.add_column("adjustment", sa.Column("trigger_date", sa.Date(), nullable=True), schema="qingdan")
    op.add_column("review_step", sa.Column("least_days", sa.Integer(), nullable=True), schema="qingdan")
    op.add_column("review_step", sa.Column("limit_day", sa.Date(), nullable=True), schema="qingdan")
    _submission()
    _material_justification()
    _comment_period()
    _comment_answer()
    _public_comment()
    _suspension()
    _dispute()
    _disputed_element()
    _joint_notice()
    _joint_reply()


def _submission() -> None:
    op.create_table(
        "submission",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("list_kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paper_copy", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("paper_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paper_received_by", sa.Text(), nullable=True),
        sa.Column("returned_content", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_submission_adjustment_id")),
        sa.PrimaryKeyConstraint("adjustment_id", "number", name=op.f("pk_submission")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_submission_receipt_number")),
        schema="qingdan",
    )


def _material_justification() -> None:
    op.create_table(
        "material_justification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("justification", sa.Text(), nullable=False),
        sa.Column("consulted", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_material_justification_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_justification")),
        sa.UniqueConstraint(
            "adjustment_id",
            "item_id",
            "material",
            name=op.f("uq_material_justification_adjustment_id_item_id_material"),
        ),
        schema="qingdan",
    )


def _comment_period() -> None:
    op.create_table(
        "comment_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("documents", postgresql.JSONB(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("summarised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summarised_by", sa.Text(), nullable=True),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_comment_period_period")),
        sa.CheckConstraint("(summary IS NULL) = (summarised_at IS NULL)", name=op.f("ck_comment_period_summary")),
        sa.ForeignKeyConstraint(["id"], ["qingdan.review_step.id"], name=op.f("fk_comment_period_id")),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_comment_period_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_period")),
        schema="qingdan",
    )
    op.create_index("ix_comment_period_adjustment_id", "comment_period", ["adjustment_id"], schema="qingdan")
    op.create_index("ix_comment_period_region_code", "comment_period", ["region_code", "id"], schema="qingdan")


def _comment_answer() -> None:
    op.create_table(
        "comment_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome = 'dismissed' OR answer IS NOT NULL", name=op.f("ck_comment_answer_answer")),
        sa.ForeignKeyConstraint(["period_id"], ["qingdan.comment_period.id"], name=op.f("fk_comment_answer_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_answer")),
        schema="qingdan",
    )
    op.create_index("ix_comment_answer_period_id", "comment_answer", ["period_id"], schema="qingdan")


def _public_comment() -> None:
    op.create_table(
        "public_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_comment")),
        sa.UniqueConstraint("period_id", "text_digest", name=op.f("uq_public_comment_period_id_text_digest")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_public_comment_receipt_hash")),
        schema="qingdan",
    )
    op.create_index("ix_public_comment_period_id", "public_comment", ["period_id", "received_at"], schema="qingdan")


def _suspension() -> None:
    op.create_table(
        "suspension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=True),
        sa.Column("suspended_by", sa.Text(), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resumption", sa.Text(), nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(resumed_at IS NULL) = (resumption IS NULL)", name=op.f("ck_suspension_resumption")),
        sa.ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_suspension_adjustment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
        schema="qingdan",
    )
    op.create_index("ix_suspension_adjustment_id", "suspension", ["adjustment_id"], schema="qingdan")


def _dispute() -> None:
    op.create_table(
        "feedback_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("consultation", postgresql.JSONB(), nullable=True),
        sa.Column("decision", postgresql.JSONB(), nullable=True),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_at IS NOT NULL AND ruling IS NOT NULL)",
            name=op.f("ck_feedback_dispute_settled"),
        ),
        sa.ForeignKeyConstraint(["id"], ["qingdan.review_step.id"], name=op.f("fk_feedback_dispute_id")),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_feedback_dispute_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_dispute")),
        schema="qingdan",
    )
    op.create_index("ix_feedback_dispute_adjustment_id", "feedback_dispute", ["adjustment_id"], schema="qingdan")
    op.create_index("ix_feedback_dispute_region_code", "feedback_dispute", ["region_code", "id"], schema="qingdan")


def _disputed_element() -> None:
    op.create_table(
        "disputed_element",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["qingdan.feedback_dispute.id"], name=op.f("fk_disputed_element_dispute_id")
        ),
        sa.PrimaryKeyConstraint("dispute_id", "item_id", "element", name=op.f("pk_disputed_element")),
        schema="qingdan",
    )
    op.create_index("ix_disputed_element_item_id", "disputed_element", ["item_id", "element"], schema="qingdan")


def _joint_notice() -> None:
    op.create_table(
        "joint_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("organ_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("limit_days", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_joint_notice_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_notice")),
        schema="qingdan",
    )
    op.create_index("ix_joint_notice_adjustment_id", "joint_notice", ["adjustment_id"], schema="qingdan")


def _joint_reply() -> None:
    op.create_table(
        "joint_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(outcome IS NULL) = (replied_at IS NULL)", name=op.f("ck_joint_reply_reply")),
        sa.CheckConstraint(
            "outcome IS DISTINCT FROM 'objected' OR opinion IS NOT NULL", name=op.f("ck_joint_reply_opinion")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["qingdan.joint_notice.id"], name=op.f("fk_joint_reply_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_reply")),
        schema="qingdan",
    )
    op.create_index("ix_joint_reply_notice_id", "joint_reply", ["notice_id", "organ_id"], unique=True, schema="qingdan")
    op.create_index(
        "ix_joint_reply_waiting",
        "joint_reply",
        ["organ_id"],
        schema="qingdan",
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    for view in (
        "workflow_disputed_element_v1",
        "workflow_comment_answer_v1",
        "workflow_comment_period_v1",
        "publish_public_comment_v1",
    ):
        op.execute(f"DROP VIEW IF EXISTS qingdan.{view}")
    for table in ("joint_reply", "joint_notice", "disputed_element", "feedback_dispute", "suspension"):
        op.drop_table(table, schema="qingdan")
    for table in ("public_comment", "comment_answer", "comment_period", "material_justification", "submission"):
        op.drop_table(table, schema="qingdan")
    op.drop_column("adjustment", "trigger_date", schema="qingdan")
    op.drop_column("review_step", "limit_day", schema="qingdan")
    op.drop_column("review_step", "least_days", schema="qingdan")
    op.drop_column("review_step", "optional", schema="qingdan")
