"""A package knows how far the feed and the publication were when it was read.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("seen_sequence", "seen_position"):
        op.add_column("offline_package", sa.Column(name, sa.BigInteger(), nullable=True), schema="qingdan")


def downgrade() -> None:
    for name in ("seen_sequence", "seen_position"):
        op.drop_column("offline_package", name, schema="qingdan")
