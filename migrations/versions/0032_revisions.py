"""The decision of each revision, and for the planner how many revisions a list has.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

COLUMNS = ("from_revision", "to_revision")


def upgrade() -> None:
    # One row in twenty stands for a revision of its own: what a revision has changed is then read by its index, and
    # not by walking through the whole list. Taken up by the next ANALYZE.
    for column in COLUMNS:
        op.execute(f"ALTER TABLE qingdan.published_item ALTER COLUMN {column} SET (n_distinct = -0.05)")
    # A revision said which decision had enacted its list; it says which one changed it, as the publication does.
    op.execute(
        """
        UPDATE qingdan.list_revision AS v SET decision = coalesce((
            SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(n.decision) AS d
            WHERE d.key IN ('meeting', 'date', 'number', 'authority', 'link')), v.decision)
        FROM (
            SELECT a.id, a.decision FROM qingdan.adjustment AS a
            UNION ALL
            SELECT w.id, w.decision FROM qingdan.publication_notice AS w WHERE w.kind = 'withdrawal'
        ) AS n
        WHERE n.id = v.adjustment_id AND jsonb_typeof(n.decision) = 'object'
        """
    )


def downgrade() -> None:
    for column in COLUMNS:
        op.execute(f"ALTER TABLE qingdan.published_item ALTER COLUMN {column} RESET (n_distinct)")
