"""Packages of offline exchange that wait for the worker.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offline_upload",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("result", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["qingdan.offline_partner.id"], name=op.f("fk_offline_upload_partner_id")
        ),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_offline_upload")),
        schema="qingdan",
    )


def downgrade() -> None:
    op.drop_table("offline_upload", schema="qingdan")
