"""Of each element profile the day on which it was said that it holds.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.migrate import drop_views

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("element_profile", sa.Column("announced_on", sa.Date(), nullable=True), schema="qingdan")
    # What the administration made is said once more, of each kind: nobody said it on the day of those that came later.
    op.execute(
        "UPDATE qingdan.element_profile SET announced_on = valid_from"
        " WHERE shipped IS NOT NULL AND valid_from <= CURRENT_DATE"
    )


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_column("element_profile", "announced_on", schema="qingdan")
