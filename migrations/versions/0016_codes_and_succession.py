"""What became of entries, organs and regions that are no more, and local codes beside national ones.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.add_column("change", sa.Column("successors", postgresql.ARRAY(sa.UUID()), nullable=True), schema="qingdan")
    op.create_table(
        "item_successor",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("successor_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("adjustment_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "successor_id", name="pk_item_successor"),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name="fk_item_successor_item_id_item"),
        sa.ForeignKeyConstraint(["successor_id"], ["qingdan.item.id"], name="fk_item_successor_successor_id_item"),
        schema="qingdan",
    )
    op.create_index("ix_item_successor_successor_id", "item_successor", ["successor_id"], schema="qingdan")
    _organs()
    _regions()
    _codes()


def _organs() -> None:
    op.create_table(
        "organ_successor",
        sa.Column("organ_id", sa.UUID(), nullable=False),
        sa.Column("successor_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("organ_id", "successor_id", name="pk_organ_successor"),
        sa.ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"], name="fk_organ_successor_organ_id_organ"),
        sa.ForeignKeyConstraint(["successor_id"], ["qingdan.organ.id"], name="fk_organ_successor_successor_id_organ"),
        schema="qingdan",
    )
    op.create_index("ix_organ_successor_successor_id", "organ_successor", ["successor_id"], schema="qingdan")


def _regions() -> None:
    op.create_table(
        "region_successor",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("successor_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("code", "successor_code", name="pk_region_successor"),
        sa.ForeignKeyConstraint(
            ["successor_code"], ["qingdan.region.code"], name="fk_region_successor_successor_code_region"
        ),
        schema="qingdan",
    )
    op.create_index("ix_region_successor_successor_code", "region_successor", ["successor_code"], schema="qingdan")


def _codes() -> None:
    op.create_table(
        "code_mapping",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("local_code", sa.Text(), nullable=False),
        sa.Column("national_code", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("relation IN ('exact', 'narrower', 'broader')", name="ck_code_mapping_relation"),
        sa.PrimaryKeyConstraint("region_code", "local_code", "national_code", name="pk_code_mapping"),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name="fk_code_mapping_region_code_region"),
        schema="qingdan",
    )
    op.create_index("ix_code_mapping_local_code", "code_mapping", ["local_code"], schema="qingdan")
    op.create_index("ix_code_mapping_national_code", "code_mapping", ["national_code"], schema="qingdan")


def downgrade() -> None:
    drop_views(op.get_bind())
    for table in ("code_mapping", "region_successor", "organ_successor", "item_successor"):
        op.drop_table(table, schema="qingdan")
    op.drop_column("change", "successors", schema="qingdan")
