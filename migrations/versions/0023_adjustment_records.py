"""What an adjustment carries: attached files, answers to candidates, terms of a change, changes without review.

Revision ID: 0023
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _attachment()
    _candidate_answer()
    _minor_element()
    _related_work()
    op.add_column(
        "adjustment",
        sa.Column("minor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="qingdan",
    )
    op.add_column(
        "change", sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=True), schema="qingdan"
    )
    # Merging and splitting are kinds of their own: the product's templates take them as they took cancellations.
    op.execute(
        """
        UPDATE qingdan.procedure_template SET kinds = kinds || '["merge", "split"]'
        WHERE kinds ? 'cancel' AND NOT kinds ? 'merge'
        """
    )


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_attachment_adjustment_id")),
        sa.ForeignKeyConstraint(["step_id"], ["qingdan.review_step.id"], name=op.f("fk_attachment_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("adjustment_id", "sha256", name=op.f("uq_attachment_adjustment_id_sha256")),
        schema="qingdan",
    )
    op.create_table(
        "attachment_content",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["qingdan.attachment.id"], name=op.f("fk_attachment_content_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_content")),
        schema="qingdan",
    )
    # The formats are compressed already: to compress them again costs processor time and saves nothing.
    op.execute("ALTER TABLE qingdan.attachment_content ALTER COLUMN content SET STORAGE EXTERNAL")


def _candidate_answer() -> None:
    op.create_table(
        "candidate_answer",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_candidate_answer_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("adjustment_id", "rule", "entry_id", name=op.f("pk_candidate_answer")),
        schema="qingdan",
    )


def _minor_element() -> None:
    op.create_table(
        "minor_element",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=True),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minor_element")),
        schema="qingdan",
    )
    op.create_index(
        "ix_minor_element_region_code_element", "minor_element", ["region_code", "element"], schema="qingdan"
    )


def _related_work() -> None:
    op.create_table(
        "related_work",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_related_work_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("adjustment_id", "organ_id", name=op.f("pk_related_work")),
        schema="qingdan",
    )


def downgrade() -> None:
    op.execute("UPDATE qingdan.procedure_template SET kinds = kinds - 'merge' - 'split'")
    op.execute("DELETE FROM qingdan.procedure_binding WHERE kind IN ('merge', 'split')")
    op.drop_column("change", "terms", schema="qingdan")
    op.drop_column("adjustment", "minor", schema="qingdan")
    for table in ("related_work", "minor_element", "candidate_answer", "attachment_content", "attachment"):
        op.drop_table(table, schema="qingdan")
