"""An operation that met a passing error waits before its next attempt.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True), schema="qingdan")


def downgrade() -> None:
    op.drop_column("operation", "not_before", schema="qingdan")
