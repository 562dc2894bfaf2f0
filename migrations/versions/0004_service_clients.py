"""Service clients and their secrets.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("(organ_id IS NULL) <> (operator IS NULL)", name=op.f("ck_service_client_one_owner")),
        sa.ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"], name=op.f("fk_service_client_organ_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_client")),
        schema="qingdan",
    )
    op.create_index("ix_service_client_region_code", "service_client", ["region_code"], schema="qingdan")
    op.create_table(
        "service_client_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["qingdan.service_client.id"], name=op.f("fk_service_client_secret_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_client_secret")),
        schema="qingdan",
    )
    op.create_index("ix_service_client_secret_client_id", "service_client_secret", ["client_id"], schema="qingdan")


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_table("service_client_secret", schema="qingdan")
    op.drop_table("service_client", schema="qingdan")
