"""Templates of administrations, uploaded review rules, and the files of bundles of documents.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("open_below", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'retired')", name=op.f("ck_document_template_state")),
        sa.CheckConstraint("engine IN ('docx', 'typst')", name=op.f("ck_document_template_engine")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_template")),
        sa.UniqueConstraint(
            "region_code", "document", "engine", "number",
            name=op.f("uq_document_template_region_code_document_engine_number"),
        ),
        schema="qingdan",
    )  # fmt: skip
    op.create_index(
        "uq_document_template_active", "document_template", ["region_code", "document", "engine"], unique=True,
        schema="qingdan", postgresql_where=sa.text("state = 'active'"),
    )  # fmt: skip
    op.create_table(
        "review_rules_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('current', 'replaced', 'removed')", name=op.f("ck_review_rules_file_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_rules_file")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_review_rules_file_item_id_number")),
        schema="qingdan",
    )
    op.create_index(
        "uq_review_rules_file_current", "review_rules_file", ["item_id"], unique=True, schema="qingdan",
        postgresql_where=sa.text("state = 'current'"),
    )  # fmt: skip
    op.create_table(
        "document_bundle_part",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("through", sa.Uuid(), nullable=False),
        sa.Column("entries", postgresql.JSONB(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", "number", name=op.f("pk_document_bundle_part")),
        schema="qingdan",
    )
    op.create_index("ix_document_bundle_part_made_at", "document_bundle_part", ["made_at"], schema="qingdan")


def downgrade() -> None:
    for table in ("document_bundle_part", "review_rules_file", "document_template"):
        op.drop_table(table, schema="qingdan")
