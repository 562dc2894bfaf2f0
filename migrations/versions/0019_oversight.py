"""Oversight: handling records and what they violate, complaints, inspections, orders to put things right.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'[]'")
_FIRST = sa.text("1")
TABLES = (
    "review",
    "violation",
    "handling_record",
    "complaint",
    "rectification_order",
    "inspection",
    "oversight_setting",
)


def upgrade() -> None:
    _records()
    _violations()
    _complaints()
    _reviews()
    _inspections()
    _orders()
    op.create_table(
        "oversight_setting",
        _text("region_code"),
        _document("thresholds", nullable=True),
        _document("complaint_limits"),
        sa.Column("retention_months", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=_FIRST, nullable=False),
        _text("set_by"),
        _instant("set_at"),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_oversight_setting")),
        schema="qingdan",
    )


def _records() -> None:
    op.create_table(
        "handling_record",
        _id("id"),
        _id("client_id"),
        _text("number"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("region_code"),
        _id("organ_id"),
        _text("code"),
        _text("name"),
        _text("standing"),
        _id("list_id", nullable=True),
        _id("item_id", nullable=True),
        sa.Column("item_version", sa.Integer(), nullable=True),
        _instant("accepted_at"),
        _instant("completed_at", nullable=True),
        _text("outcome", nullable=True),
        _document("pauses"),
        _document("materials"),
        _document("fees"),
        _document("responsible"),
        _text("state"),
        _instant("due_at", nullable=True),
        _instant("statutory_due_at", nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        _document("warnings"),
        _text("warned", nullable=True),
        _instant("next_at", nullable=True),
        sa.Column("recount", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _instant("received_at"),
        _instant("updated_at"),
        sa.CheckConstraint("state IN ('open', 'paused', 'completed')", name=op.f("ck_handling_record_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_record")),
        sa.UniqueConstraint("client_id", "number", name=op.f("uq_handling_record_client_id_number")),
        schema="qingdan",
    )
    op.create_index("ix_handling_record_region_code", "handling_record", ["region_code", "id"], schema="qingdan")
    op.create_index("ix_handling_record_organ_id", "handling_record", ["organ_id", "id"], schema="qingdan")
    op.create_index(
        "ix_handling_record_next_at", "handling_record", ["next_at"], schema="qingdan",
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_handling_record_warned", "handling_record", ["region_code", "warned", "id"], schema="qingdan",
        postgresql_where=sa.text("warned IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_handling_record_recount", "handling_record", ["id"], schema="qingdan",
        postgresql_where=sa.text("recount"),
    )  # fmt: skip
    op.create_index(
        "ix_handling_record_completed_at", "handling_record", ["region_code", "completed_at"], schema="qingdan",
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )  # fmt: skip


def _violations() -> None:
    op.create_table(
        "violation",
        _id("id"),
        _id("record_id"),
        _text("kind"),
        _text("severity"),
        _text("region_code"),
        _id("organ_id"),
        _id("item_id", nullable=True),
        sa.Column("item_version", sa.Integer(), nullable=True),
        _text("code"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _document("proof"),
        _document("responsible"),
        _text("state", server_default=sa.text("'open'")),
        _instant("found_at"),
        _instant("corrected_at", nullable=True),
        _instant("closed_at", nullable=True),
        _text("closed_by", nullable=True),
        _text("reason", nullable=True),
        sa.Column("version", sa.Integer(), server_default=_FIRST, nullable=False),
        sa.CheckConstraint("state IN ('open', 'dismissed', 'remedied')", name=op.f("ck_violation_state")),
        sa.ForeignKeyConstraint(["record_id"], ["qingdan.handling_record.id"], name=op.f("fk_violation_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
        sa.UniqueConstraint("record_id", "kind", name=op.f("uq_violation_record_id_kind")),
        schema="qingdan",
    )
    op.create_index("ix_violation_region_code", "violation", ["region_code", "state", "id"], schema="qingdan")
    op.create_index("ix_violation_organ_id", "violation", ["organ_id", "state", "id"], schema="qingdan")


def _complaints() -> None:
    op.create_table(
        "complaint",
        _id("id"),
        _text("source"),
        _text("reference", nullable=True),
        _id("feedback_id", nullable=True),
        _text("region_code"),
        _id("organ_id", nullable=True),
        _id("item_id", nullable=True),
        _id("suspect_id", nullable=True),
        _text("subject"),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        _text("text", nullable=True),
        _text("state", server_default=sa.text("'received'")),
        _instant("received_at"),
        _instant("due_at"),
        _text("outcome", nullable=True),
        _text("answer", nullable=True),
        _text("answered_by", nullable=True),
        _instant("answered_at", nullable=True),
        _text("registered_by"),
        sa.Column("version", sa.Integer(), server_default=_FIRST, nullable=False),
        sa.CheckConstraint("state IN ('received', 'answered')", name=op.f("ck_complaint_state")),
        sa.CheckConstraint("(text IS NULL) = (feedback_id IS NOT NULL)", name=op.f("ck_complaint_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("feedback_id", name=op.f("uq_complaint_feedback_id")),
        sa.CheckConstraint(
            "state <> 'answered' OR outcome IS NOT NULL AND (answer IS NOT NULL OR feedback_id IS NOT NULL)",
            name=op.f("ck_complaint_answered"),
        ),
        sa.UniqueConstraint(
            "region_code", "source", "reference", name=op.f("uq_complaint_region_code_source_reference")
        ),
        schema="qingdan",
    )
    op.create_index("ix_complaint_region_code", "complaint", ["region_code", "state", "id"], schema="qingdan")
    op.create_index("ix_complaint_organ_id", "complaint", ["organ_id", "id"], schema="qingdan")
    op.create_index("ix_complaint_item_id", "complaint", ["item_id"], schema="qingdan")


def _reviews() -> None:
    op.create_table(
        "review",
        _id("id"),
        _id("client_id"),
        _text("number"),
        _text("region_code"),
        _id("organ_id"),
        _id("item_id", nullable=True),
        _text("record_number", nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        _text("subject"),
        _text("text", nullable=True),
        _instant("reviewed_at"),
        _instant("received_at"),
        _id("complaint_id", nullable=True),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_review_rating")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("client_id", "number", name=op.f("uq_review_client_id_number")),
        schema="qingdan",
    )
    op.create_index("ix_review_region_code", "review", ["region_code", "id"], schema="qingdan")
    op.create_index("ix_review_organ_id", "review", ["organ_id", "id"], schema="qingdan")


def _inspections() -> None:
    op.create_table(
        "inspection",
        _id("id"),
        _text("region_code"),
        _text("title"),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        _text("inspectors"),
        _text("basis"),
        _text("scope"),
        _text("summary"),
        sa.Column("findings", sa.Integer(), nullable=False),
        _text("recorded_by"),
        _instant("recorded_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        schema="qingdan",
    )
    op.create_index("ix_inspection_region_code", "inspection", ["region_code", "id"], schema="qingdan")


def _orders() -> None:
    op.create_table(
        "rectification_order",
        _id("id"),
        _text("subject"),
        _text("number", nullable=True),
        _text("region_code"),
        _id("organ_id"),
        _id("item_id", nullable=True),
        _document("base"),
        _text("title"),
        _text("requirement"),
        _text("remedy"),
        _text("severity"),
        _text("state", server_default=sa.text("'issued'")),
        sa.Column("escalation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _id("adjustment_id", nullable=True),
        _document("evidence", server_default=_EMPTY),
        _document("measures", server_default=_EMPTY),
        _document("history", server_default=_EMPTY),
        _text("issued_by"),
        _instant("issued_at"),
        _instant("due_at"),
        _instant("reported_at", nullable=True),
        _instant("closed_at", nullable=True),
        sa.Column("version", sa.Integer(), server_default=_FIRST, nullable=False),
        sa.CheckConstraint(
            "state IN ('issued', 'reported', 'accepted', 'withdrawn')", name=op.f("ck_rectification_order_state")
        ),
        sa.CheckConstraint(
            "remedy IN ('stop', 'change', 'complete_basis', 'correct')", name=op.f("ck_rectification_order_remedy")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_order")),
        schema="qingdan",
    )
    op.create_index(
        "ix_rectification_order_region_code", "rectification_order", ["region_code", "state", "id"], schema="qingdan"
    )
    op.create_index("ix_rectification_order_organ_id", "rectification_order", ["organ_id", "id"], schema="qingdan")
    op.create_index(
        "uq_rectification_order_open", "rectification_order", ["subject"], unique=True, schema="qingdan",
        postgresql_where=sa.text("state IN ('issued', 'reported')"),
    )  # fmt: skip
    op.create_index("ix_rectification_order_subject", "rectification_order", ["subject", "id"], schema="qingdan")


def _id(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), **{"nullable": False} | more)


def _text(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False} | more)


def _instant(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **{"nullable": False} | more)


def _document(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, JSONB(), **{"nullable": False} | more)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table, schema="qingdan")
