"""Publications over several lists, notices about them, and what lists show of each implementing body.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# What was published before has its publications too: the revisions of one transaction bear the same instant.
_BEFORE = """
    WITH act AS (
        SELECT gen_random_uuid() AS id, v.published_at, min(l.region_code) AS region_code,
               CAST(extract(year FROM v.published_at AT TIME ZONE 'Asia/Shanghai') AS int) AS year,
               coalesce(array_agg(DISTINCT v.adjustment_id)
                        FILTER (WHERE v.adjustment_id IS NOT NULL AND v.revision > 1), '{}') AS adjustments
        FROM qingdan.list_revision AS v JOIN qingdan.published_list AS l ON l.list_id = v.list_id
        GROUP BY v.published_at
    ), counted AS (
        SELECT a.*, row_number() OVER (PARTITION BY a.region_code, a.year ORDER BY a.published_at) AS sequence
        FROM act AS a
    ), numbered AS (
        SELECT c.*, c.region_code || '-' || c.year || '-'
               || lpad(c.sequence::text, greatest(4, length(c.sequence::text)), '0') AS number
        FROM counted AS c
    ), named AS (
        UPDATE qingdan.list_revision AS v SET publication_id = n.id, title = l.title
        FROM numbered AS n, qingdan.published_list AS l
        WHERE n.published_at = v.published_at AND l.list_id = v.list_id
    )
    INSERT INTO qingdan.publication (id, number, region_code, year, sequence, adjustments, hash, made_at)
    SELECT n.id, n.number, n.region_code, n.year, n.sequence, n.adjustments,
           sha256(convert_to(n.number || E'\\n' || string_agg(
               v.list_id || ' ' || v.revision || ' ' || encode(v.hash, 'hex') || ' ' || v.entries || E'\\n', ''
               ORDER BY v.list_id, v.revision), 'UTF8')),
           n.published_at
    FROM numbered AS n JOIN qingdan.list_revision AS v ON v.published_at = n.published_at
    GROUP BY n.id, n.number, n.region_code, n.year, n.sequence, n.adjustments, n.published_at
"""


def upgrade() -> None:
    _publication()
    _notice()
    op.create_table(
        "unit_part",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("from_revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "unit_id", "from_revision", name=op.f("pk_unit_part")),
        schema="qingdan",
    )
    op.add_column("list_revision", sa.Column("publication_id", sa.Uuid(), nullable=True), schema="qingdan")
    op.add_column("list_revision", sa.Column("title", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("list_revision", sa.Column("units", sa.Integer(), nullable=True), schema="qingdan")
    op.create_index("ix_list_revision_publication_id", "list_revision", ["publication_id"], schema="qingdan")
    for name in ("from_revision", "organ_id"):
        op.create_index(f"ix_published_item_{name}", "published_item", ["list_id", name], schema="qingdan")
    op.execute(_BEFORE)


def _publication() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("adjustments", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("number", name=op.f("uq_publication_number")),
        sa.UniqueConstraint("region_code", "year", "sequence", name=op.f("uq_publication_region_code_year_sequence")),
        schema="qingdan",
    )
    op.create_index(
        "ix_publication_adjustments", "publication", ["adjustments"], schema="qingdan", postgresql_using="gin"
    )
    op.create_index("ix_publication_made_at", "publication", ["made_at", "id"], schema="qingdan")


def _notice() -> None:
    op.create_table(
        "publication_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'done'"), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('correction', 'withdrawal')", name=op.f("ck_publication_notice_kind")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name=op.f("ck_publication_notice_state")),
        sa.CheckConstraint(
            "(kind = 'correction') = (corrected_by IS NOT NULL)", name=op.f("ck_publication_notice_corrected_by")
        ),
        sa.CheckConstraint(
            "(kind = 'withdrawal') = (decision IS NOT NULL)", name=op.f("ck_publication_notice_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_notice")),
        sa.UniqueConstraint(
            "publication_id", "corrected_by", name=op.f("uq_publication_notice_publication_id_corrected_by")
        ),
        schema="qingdan",
    )
    op.create_index(
        "uq_publication_notice_withdrawal",
        "publication_notice",
        ["publication_id"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("kind = 'withdrawal' AND state <> 'refused'"),
    )
    op.create_index("ix_publication_notice_corrected_by", "publication_notice", ["corrected_by"], schema="qingdan")


def downgrade() -> None:
    for view in (
        "publish_publication_v1",
        "publish_publication_part_v1",
        "publish_withdrawal_v1",
        "publish_taken_back_v1",
        "workflow_approval_v1",
    ):
        op.execute(f"DROP VIEW IF EXISTS qingdan.{view}")
    for name in ("from_revision", "organ_id"):
        op.drop_index(f"ix_published_item_{name}", "published_item", schema="qingdan")
    op.drop_index("ix_list_revision_publication_id", "list_revision", schema="qingdan")
    for name in ("publication_id", "title", "units"):
        op.drop_column("list_revision", name, schema="qingdan")
    for table in ("unit_part", "publication_notice", "publication"):
        op.drop_table(table, schema="qingdan")
