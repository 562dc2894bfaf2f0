"""Search in Chinese, editions of lists by name, and what reconciliations of derived lists find.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PENDING = {"fastupdate": "on", "gin_pending_list_limit": "512"}


def upgrade() -> None:
    for prefix in ("item", "published"):
        _search(prefix)
    op.create_table(
        "edition",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_edition_list_id")),
        sa.PrimaryKeyConstraint("list_id", "name", name=op.f("pk_edition")),
        schema="qingdan",
    )
    # Editions were events alone until now.
    op.execute(
        "INSERT INTO qingdan.edition (list_id, name, in_force_at, named_by, reason, named_at)"
        " SELECT DISTINCT ON (e.list_id, e.refs ->> 'edition')"
        " e.list_id, e.refs ->> 'edition', e.recorded_at, e.actor, e.reason, e.recorded_at"
        " FROM qingdan.event AS e JOIN qingdan.list AS l ON l.id = e.list_id"
        " WHERE e.type = 'list.edition_named' AND e.refs ->> 'edition' IS NOT NULL"
        " ORDER BY e.list_id, e.refs ->> 'edition', e.position"
    )
    op.create_table(
        "reconciliation",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column("drifted", sa.Integer(), nullable=False),
        sa.Column("actual", sa.LargeBinary(), nullable=False),
        sa.Column("expected", sa.LargeBinary(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "rule", name=op.f("pk_reconciliation")),
        schema="qingdan",
    )


def _search(prefix: str) -> None:
    entry, phrase, fill = f"{prefix}_search", f"{prefix}_phrase", f"{prefix}_search_fill"
    op.create_table(
        entry,
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f(f"pk_{entry}")),
        schema="qingdan",
    )
    op.create_table(
        phrase,
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pairs", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=op.f(f"pk_{phrase}")),
        schema="qingdan",
    )
    for table, column in ((entry, "terms"), (phrase, "pairs")):
        op.create_index(
            f"ix_{table}_{column}", table, [column], schema="qingdan", postgresql_using="gin", postgresql_with=_PENDING
        )
    op.create_table(
        fill,
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("after_list", sa.Uuid(), nullable=True),
        sa.Column("after_item", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("filled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f(f"ck_{fill}_single")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{fill}")),
        schema="qingdan",
    )
    op.execute(f"INSERT INTO qingdan.{fill} (id) VALUES (1)")


def downgrade() -> None:
    drop_views(op.get_bind())
    op.drop_table("reconciliation", schema="qingdan")
    op.drop_table("edition", schema="qingdan")
    for prefix in ("published", "item"):
        for table in ("search_fill", "phrase", "search"):
            op.drop_table(f"{prefix}_{table}", schema="qingdan")
