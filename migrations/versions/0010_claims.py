"""Claims of superiors' matters, local optimisation, delegations, the responsibility matrix, and drafts with a due date.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The burden of an entry now includes what it promises, how often one must come, and who may apply.
_DIGEST = """
UPDATE qingdan.item AS i
SET burden_digest = hashtextextended(CAST(jsonb_build_array(v.elements -> 'materials', v.elements -> 'conditions',
        v.elements -> 'statutory_limit', v.elements -> 'fees', v.elements -> 'intermediary_services',
        v.elements -> 'process_steps', v.elements -> 'quantity_limit'{more}) AS text), 0)
FROM qingdan.item_version AS v WHERE v.item_id = i.id AND v.number = i.version
"""
_MORE = ", v.elements -> 'promised_limit', v.elements -> 'visits', v.elements -> 'service_objects'"


def upgrade() -> None:
    # First, before anything is locked against readers: every entry is written once.
    op.execute(_DIGEST.format(more=_MORE))
    _claims()
    _levels()
    op.create_table(
        "list_responsibility",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("lead_organ_id", sa.Uuid(), nullable=False),
        sa.Column("assisting_organ_ids", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_organ_id"], ["qingdan.organ.id"], name=op.f("fk_list_responsibility_lead_organ_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_kind"], ["qingdan.list_kind.code"], name=op.f("fk_list_responsibility_list_kind")
        ),
        sa.ForeignKeyConstraint(
            ["region_code"], ["qingdan.region.code"], name=op.f("fk_list_responsibility_region_code")
        ),
        sa.PrimaryKeyConstraint("region_code", "list_kind", name=op.f("pk_list_responsibility")),
        schema="qingdan",
    )
    op.add_column("draft", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True), schema="qingdan")
    op.create_index(
        "ix_draft_due_at",
        "draft",
        ["due_at"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _claims() -> None:
    op.create_table(
        "claim_plan",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("source_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("item_types", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("due_days > 0", name=op.f("ck_claim_plan_due_days")),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_claim_plan_region_code")),
        sa.PrimaryKeyConstraint("region_code", "list_kind", name=op.f("pk_claim_plan")),
        schema="qingdan",
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("superior_item_id", sa.Uuid(), nullable=False),
        sa.Column("superior_list_id", sa.Uuid(), nullable=False),
        sa.Column("superior_version", sa.Integer(), nullable=False),
        sa.Column("confirmed_version", sa.Integer(), nullable=True),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("local_item_id", sa.Uuid(), nullable=True),
        sa.Column("missing", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'claimed', 'not_applicable', 'disputed', 'withdrawn')", name=op.f("ck_claim_state")
        ),
        sa.ForeignKeyConstraint(["local_item_id"], ["qingdan.item.id"], name=op.f("fk_claim_local_item_id")),
        sa.ForeignKeyConstraint(["superior_item_id"], ["qingdan.item.id"], name=op.f("fk_claim_superior_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        schema="qingdan",
    )
    op.create_index(
        "uq_claim_matter",
        "claim",
        ["superior_item_id", "region_code", "list_kind", "organ_id"],
        unique=True,
        schema="qingdan",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_claim_place", "claim", ["region_code", "list_kind", "state"], unique=False, schema="qingdan")
    op.create_index(
        "ix_claim_local_item_id",
        "claim",
        ["local_item_id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("local_item_id IS NOT NULL"),
    )
    op.create_table(
        "claim_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counterpart", sa.Text(), nullable=False),
        sa.Column("contacted_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("superior_version", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["qingdan.claim.id"], name=op.f("fk_claim_contact_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_contact")),
        schema="qingdan",
    )
    op.create_index("ix_claim_contact_claim_id", "claim_contact", ["claim_id"], unique=False, schema="qingdan")


def _levels() -> None:
    op.create_table(
        "local_optimisation",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("superior_item_id", sa.Uuid(), nullable=False),
        sa.Column("superior_version", sa.Integer(), nullable=False),
        sa.Column("actual", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("superior_value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_local_optimisation_item_id")),
        sa.PrimaryKeyConstraint("item_id", "element", name=op.f("pk_local_optimisation")),
        schema="qingdan",
    )
    op.create_index(
        "ix_local_optimisation_region_code",
        "local_optimisation",
        ["region_code", "list_kind"],
        unique=False,
        schema="qingdan",
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("base_code", sa.Text(), nullable=False),
        sa.Column("granting_organ_id", sa.Uuid(), nullable=False),
        sa.Column("document_title", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'in_force'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["granting_organ_id"], ["qingdan.organ.id"], name=op.f("fk_delegation_granting_organ_id")
        ),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_delegation_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        schema="qingdan",
    )
    op.create_index(
        "ix_delegation_region_code",
        "delegation",
        ["region_code", "list_kind", "base_code"],
        unique=False,
        schema="qingdan",
    )
    op.create_table(
        "list_exemption",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("base_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_list_exemption_region_code")),
        sa.PrimaryKeyConstraint("region_code", "list_kind", "base_code", name=op.f("pk_list_exemption")),
        schema="qingdan",
    )
    op.create_table(
        "mandatory_list",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("region_kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "region_kind", "purpose", "list_kind", name=op.f("pk_mandatory_list")),
        schema="qingdan",
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.execute(_DIGEST.format(more=""))
    op.drop_index("ix_draft_due_at", table_name="draft", schema="qingdan")
    op.drop_column("draft", "due_at", schema="qingdan")
    for table in (
        "list_responsibility", "mandatory_list", "list_exemption", "delegation", "local_optimisation",
        "claim_contact", "claim", "claim_plan",
    ):  # fmt: skip
        op.drop_table(table, schema="qingdan")
