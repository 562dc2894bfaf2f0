"""What organs below have still to do for what a region above decides lies with them, where they see it.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# As `places` of the register has it: with the organ, unless that is of the region or above it.
_ELSEWHERE = """
    FROM qingdan.region AS r, qingdan.organ AS o
    WHERE r.code = {row}.region_code AND o.id = {row}.organ_id
      AND o.region_code <> ALL (array_prepend(r.code, r.ancestors))
"""


def upgrade() -> None:
    op.execute(
        "UPDATE qingdan.review_step AS s SET region_code = o.region_code"
        + _ELSEWHERE.format(row="s")
        + "AND s.state IN ('open', 'waiting')"
    )
    op.execute(
        "UPDATE qingdan.task AS t SET region_code = o.region_code, version = t.version + 1"
        + _ELSEWHERE.format(row="t")
        + "AND t.state IN ('open', 'parked') AND t.adjustment_id IS NOT NULL"
        " AND t.kind IN ('review', 'correction', 'reply', 'deadline')"
    )
    # When it is due stays as it was said.
    op.execute(
        """
        UPDATE qingdan.clock AS c SET region_code = t.region_code, version = c.version + 1
        FROM qingdan.task AS t
        WHERE t.id = c.id AND t.state IN ('open', 'parked') AND t.region_code <> c.region_code
        """
    )


def downgrade() -> None:
    """Where it lies now the program before finds it, too."""
