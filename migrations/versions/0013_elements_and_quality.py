"""Named profiles, the dictionary of elements, levels of validators, measures and gates of quality.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _profiles()
    _dictionary()
    _quality()


def _profiles() -> None:
    op.add_column("procedure_binding", sa.Column("list_kind", sa.Text(), nullable=True), schema="qingdan")
    op.add_column("element_profile", sa.Column("name", sa.Text(), nullable=True), schema="qingdan")
    op.add_column(
        "element_profile",
        sa.Column("offered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="qingdan",
    )
    op.add_column("element_profile", sa.Column("shipped", sa.Integer(), nullable=True), schema="qingdan")
    # What the product has shipped so far: the first profile of each of its kinds, and a second one of this kind.
    op.execute(
        """UPDATE qingdan.element_profile AS p SET shipped = p.number
        FROM qingdan.list_kind AS k WHERE k.code = p.kind AND k.origin = 'built_in' AND (p.number = 1
            OR (p.kind = 'construction_approval' AND p.number = 2 AND p.source LIKE '%SPGL_DFXMSPLCJDSXXXB%'))"""
    )
    op.create_unique_constraint(
        op.f("uq_element_profile_kind_shipped"), "element_profile", ["kind", "shipped"], schema="qingdan"
    )


def _dictionary() -> None:
    op.create_table(
        "dictionary_element",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("any_title", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("vocabulary", _JSON, nullable=False),
        sa.Column("columns", _JSON, nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code"], ["qingdan.region.code"], name=op.f("fk_dictionary_element_region_code_region")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_element")),
        schema="qingdan",
    )
    op.create_index(
        "uq_dictionary_element_number", "dictionary_element", ["region_code", "key", "number"], unique=True,
        schema="qingdan", postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def _quality() -> None:
    op.add_column("finding", sa.Column("codes", postgresql.ARRAY(sa.TEXT()), nullable=True), schema="qingdan")
    op.create_index(
        "ix_finding_validated", "finding", ["item_id"], unique=False, schema="qingdan",
        postgresql_where=sa.text("codes IS NOT NULL AND state <> 'closed'"),
    )  # fmt: skip
    op.create_table(
        "validation_level",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("severity IN ('block', 'error', 'warn', 'off')", name=op.f("ck_validation_level_severity")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["qingdan.region.code"], name=op.f("fk_validation_level_region_code_region")
        ),
        sa.PrimaryKeyConstraint("region_code", "rule", "code", name=op.f("pk_validation_level")),
        schema="qingdan",
    )
    op.create_table(
        "quality_gate",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Numeric(5, 4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("minimum BETWEEN 0 AND 1", name=op.f("ck_quality_gate_minimum")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["qingdan.region.code"], name=op.f("fk_quality_gate_region_code_region")
        ),
        sa.PrimaryKeyConstraint("region_code", "figure", name=op.f("pk_quality_gate")),
        schema="qingdan",
    )
    op.create_table(
        "quality_measure",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("mandatory", sa.BigInteger(), nullable=False),
        sa.Column("filled", sa.BigInteger(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_quality_measure_list_id_list")),
        sa.PrimaryKeyConstraint("list_id", "organ_id", name=op.f("pk_quality_measure")),
        schema="qingdan",
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_index("ix_finding_validated", table_name="finding", schema="qingdan")
    op.drop_column("finding", "codes", schema="qingdan")
    op.drop_table("quality_measure", schema="qingdan")
    op.drop_table("quality_gate", schema="qingdan")
    op.drop_table("validation_level", schema="qingdan")
    op.drop_table("dictionary_element", schema="qingdan")
    op.drop_constraint(op.f("uq_element_profile_kind_shipped"), "element_profile", schema="qingdan")
    op.drop_column("element_profile", "shipped", schema="qingdan")
    op.drop_column("element_profile", "offered", schema="qingdan")
    op.drop_column("element_profile", "name", schema="qingdan")
    op.drop_column("procedure_binding", "list_kind", schema="qingdan")
