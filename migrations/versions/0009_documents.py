"""The register of normative documents, what rests on them, and suspected disguised permits.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "normative_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("addressees", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("copied_to", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("adoption", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("issued_precision", sa.Text(), server_default=sa.text("'day'"), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("full_text", sa.Text(), nullable=True),
        sa.Column(
            "attachments", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("status", sa.Text(), server_default=sa.text("'in_force'"), nullable=False),
        sa.Column("status_from", sa.Date(), nullable=True),
        sa.Column("status_by", sa.Uuid(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "issued_precision IN ('day', 'month', 'year')", name=op.f("ck_normative_document_issued_precision")
        ),
        sa.CheckConstraint(
            "status IN ('in_force', 'amended', 'suspended', 'void', 'repealed')",
            name=op.f("ck_normative_document_status"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["qingdan.region.code"], name=op.f("fk_normative_document_region_code")
        ),
        sa.ForeignKeyConstraint(
            ["status_by"], ["qingdan.normative_document.id"], name=op.f("fk_normative_document_status_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_normative_document")),
        schema="qingdan",
    )
    op.create_index(
        "ix_normative_document_title_key", "normative_document", ["title_key"], unique=False, schema="qingdan"
    )
    op.create_index(
        "ix_normative_document_unsettled",
        "normative_document",
        ["id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.create_index(
        "uq_normative_document_number",
        "normative_document",
        ["number"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "uq_normative_document_title",
        "normative_document",
        ["title_key", "issued_on"],
        unique=True,
        schema="qingdan",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "document_article",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'in_force'"), nullable=False),
        sa.Column("status_from", sa.Date(), nullable=True),
        sa.CheckConstraint("status IN ('in_force', 'amended', 'repealed')", name=op.f("ck_document_article_status")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["qingdan.normative_document.id"], name=op.f("fk_document_article_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", "article", name=op.f("pk_document_article")),
        schema="qingdan",
    )
    op.create_table(
        "document_link",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["qingdan.normative_document.id"], name=op.f("fk_document_link_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", "subject", "subject_id", name=op.f("pk_document_link")),
        schema="qingdan",
    )
    op.create_index(
        "ix_document_link_subject", "document_link", ["subject", "subject_id"], unique=False, schema="qingdan"
    )
    op.create_table(
        "document_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("cited", sa.Text(), nullable=False),
        sa.Column("cited_number", sa.Text(), nullable=True),
        sa.Column("cited_title_key", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["qingdan.normative_document.id"], name=op.f("fk_document_relation_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["qingdan.normative_document.id"], name=op.f("fk_document_relation_target_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_relation")),
        sa.UniqueConstraint("document_id", "type", "cited", name=op.f("uq_document_relation_document_id_type_cited")),
        schema="qingdan",
    )
    op.create_index(
        "ix_document_relation_cited_number",
        "document_relation",
        ["cited_number"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.create_index(
        "ix_document_relation_cited_title_key",
        "document_relation",
        ["cited_title_key"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.create_index(
        "ix_document_relation_target_id", "document_relation", ["target_id"], unique=False, schema="qingdan"
    )
    op.create_table(
        "document_version",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["qingdan.normative_document.id"], name=op.f("fk_document_version_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", "number", name=op.f("pk_document_version")),
        schema="qingdan",
    )
    op.create_table(
        "item_basis",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("cited", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("article", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("document_kind", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_item_basis_item_id")),
        sa.PrimaryKeyConstraint("item_id", "place", name=op.f("pk_item_basis")),
        schema="qingdan",
    )
    op.create_index(
        "ix_item_basis_number",
        "item_basis",
        ["number"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index("ix_item_basis_title_key", "item_basis", ["title_key"], unique=False, schema="qingdan")
    op.create_table(
        "suspect",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("list_kind", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complaints", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("(state = 'judged') = (verdict IS NOT NULL)", name=op.f("ck_suspect_verdict")),
        sa.CheckConstraint("(subject = 'document') = (document_id IS NOT NULL)", name=op.f("ck_suspect_document")),
        sa.CheckConstraint("(subject = 'item') = (item_id IS NOT NULL)", name=op.f("ck_suspect_item")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["qingdan.normative_document.id"], name=op.f("fk_suspect_document_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_suspect_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect")),
        schema="qingdan",
    )
    op.create_index("ix_suspect_queue", "suspect", ["region_code", "state", "score"], unique=False, schema="qingdan")
    op.create_index("uq_suspect_document_id", "suspect", ["document_id"], unique=True, schema="qingdan")
    op.create_index("uq_suspect_item_id", "suspect", ["item_id"], unique=True, schema="qingdan")
    op.create_table(
        "suspect_verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("suspect_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["suspect_id"], ["qingdan.suspect.id"], name=op.f("fk_suspect_verdict_suspect_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect_verdict")),
        schema="qingdan",
    )
    op.create_index("ix_suspect_verdict_suspect_id", "suspect_verdict", ["suspect_id"], unique=False, schema="qingdan")


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_index("ix_suspect_verdict_suspect_id", table_name="suspect_verdict", schema="qingdan")
    op.drop_table("suspect_verdict", schema="qingdan")
    op.drop_index("uq_suspect_item_id", table_name="suspect", schema="qingdan")
    op.drop_index("uq_suspect_document_id", table_name="suspect", schema="qingdan")
    op.drop_index("ix_suspect_queue", table_name="suspect", schema="qingdan")
    op.drop_table("suspect", schema="qingdan")
    op.drop_index("ix_item_basis_title_key", table_name="item_basis", schema="qingdan")
    op.drop_index(
        "ix_item_basis_number",
        table_name="item_basis",
        schema="qingdan",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.drop_table("item_basis", schema="qingdan")
    op.drop_table("document_version", schema="qingdan")
    op.drop_index("ix_document_relation_target_id", table_name="document_relation", schema="qingdan")
    op.drop_index(
        "ix_document_relation_cited_title_key",
        table_name="document_relation",
        schema="qingdan",
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.drop_index(
        "ix_document_relation_cited_number",
        table_name="document_relation",
        schema="qingdan",
        postgresql_where=sa.text("target_id IS NULL"),
    )
    op.drop_table("document_relation", schema="qingdan")
    op.drop_index("ix_document_link_subject", table_name="document_link", schema="qingdan")
    op.drop_table("document_link", schema="qingdan")
    op.drop_table("document_article", schema="qingdan")
    op.drop_index(
        "uq_normative_document_title",
        table_name="normative_document",
        schema="qingdan",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("number IS NULL"),
    )
    op.drop_index(
        "uq_normative_document_number",
        table_name="normative_document",
        schema="qingdan",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.drop_index(
        "ix_normative_document_unsettled",
        table_name="normative_document",
        schema="qingdan",
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.drop_index("ix_normative_document_title_key", table_name="normative_document", schema="qingdan")
    op.drop_table("normative_document", schema="qingdan")
