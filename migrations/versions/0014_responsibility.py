"""Lists in sections, declarations that there is nothing to list, and proposals about duties.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.migrate import drop_views

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SCHEMA = "qingdan"
# Kinds of the administration that had such an element before it became a column.
SECTIONS = """
UPDATE qingdan.item AS i SET section = nullif(v.elements ->> 'section', '')
FROM qingdan.item_version AS v
WHERE v.item_id = i.id AND v.number = i.version AND i.kind IN (
    SELECT p.kind FROM qingdan.element_profile AS p WHERE p.elements @> '[{"key": "section"}]')
"""


def upgrade() -> None:
    op.add_column("item", sa.Column("section", sa.Text(), nullable=True), schema=SCHEMA)
    op.execute(SECTIONS)
    in_sections = sa.text("section IS NOT NULL")
    op.create_index("ix_item_section", "item", ["list_id", "section"], schema=SCHEMA, postgresql_where=in_sections)
    _declarations()
    _proposals()


def _declarations() -> None:
    op.create_table(
        "declaration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(section IS NULL) <> (item_id IS NULL)", name=op.f("ck_declaration_subject")),
        sa.CheckConstraint("(rule IS NULL) = (item_id IS NULL)", name=op.f("ck_declaration_rule")),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_declaration_list_id")),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_declaration_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        schema=SCHEMA,
    )
    for column, names in (("section", ["list_id", "section"]), ("item_id", ["item_id", "rule"])):
        holds = sa.text(f"{column} IS NOT NULL AND withdrawn_at IS NULL")
        op.create_index(f"uq_declaration_{column}", "declaration", names, unique=True, schema=SCHEMA,
                        postgresql_where=holds)  # fmt: skip


def _proposals() -> None:
    op.create_table(
        "duty_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(target = 'strengthen') = (item_id IS NOT NULL)", name=op.f("ck_duty_proposal_target")),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_duty_proposal_list_id")),
        sa.ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"], name=op.f("fk_duty_proposal_organ_id")),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_duty_proposal_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_proposal")),
        schema=SCHEMA,
    )
    op.create_index("ix_duty_proposal_list_id", "duty_proposal", ["list_id", "id"], schema=SCHEMA)


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_table("duty_proposal", schema=SCHEMA)
    op.drop_table("declaration", schema=SCHEMA)
    op.drop_index("ix_item_section", table_name="item", schema=SCHEMA)
    op.drop_column("item", "section", schema=SCHEMA)
