"""SQL of withdrawals: bodies leave public reading, and the revisions that showed them say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK = 2_000

_PURGE = text(
    """
    WITH gone AS (
        DELETE FROM qingdan.published_item WHERE item_id = ANY (CAST(:items AS uuid[]))
        RETURNING list_id, item_id, from_revision, to_revision
    )
    UPDATE qingdan.list_revision AS r SET purged = r.purged + g.entries
    FROM (
        SELECT v.list_id, v.revision, count(*) AS entries
        FROM gone JOIN qingdan.list_revision AS v ON v.list_id = gone.list_id AND v.revision >= gone.from_revision
             AND (gone.to_revision IS NULL OR v.revision < gone.to_revision)
        GROUP BY v.list_id, v.revision
    ) AS g
    WHERE r.list_id = g.list_id AND r.revision = g.revision
    """
)
_EARLIER = text(
    """
    SELECT list_id, item_id, from_revision, to_revision, body
    FROM qingdan.published_item
    WHERE list_id = ANY (CAST(:lists AS uuid[])) AND to_revision > from_revision
      AND (item_id, from_revision) > (:after, :after_revision)
    ORDER BY item_id, from_revision LIMIT :chunk
    """
)
_REWRITE = text(
    """
    WITH purged AS (
        UPDATE qingdan.published_item AS p
        SET body = n.body, "row" = n.line, hash = sha256(n.body), name = n.name, base_code = n.base_code,
            implementation_code = n.implementation_code, item_type = n.item_type, level = n.level,
            organ_id = CASE WHEN n.keep_organ THEN p.organ_id END
        FROM unnest(CAST(:lists AS uuid[]), CAST(:items AS uuid[]), CAST(:revisions AS int[]), CAST(:bodies AS bytea[]),
                    CAST(:lines AS bytea[]), CAST(:names AS text[]), CAST(:base_codes AS text[]),
                    CAST(:codes AS text[]), CAST(:types AS text[]), CAST(:levels AS text[]), CAST(:organs AS boolean[]))
             AS n(list_id, item_id, from_revision, body, line, name, base_code, implementation_code, item_type, level,
                  keep_organ)
        -- Found by list and entry: the index of the revisions has all entries of a first one under one key.
        WHERE p.list_id = n.list_id AND p.item_id = n.item_id AND p.from_revision + 0 = n.from_revision
        RETURNING p.list_id, p.from_revision, p.to_revision
    )
    UPDATE qingdan.list_revision AS r SET purged = r.purged + g.entries
    FROM (
        SELECT v.list_id, v.revision, count(*) AS entries
        FROM purged JOIN qingdan.list_revision AS v ON v.list_id = purged.list_id
             AND v.revision >= purged.from_revision AND v.revision < purged.to_revision
        GROUP BY v.list_id, v.revision
    ) AS g
    WHERE r.list_id = g.list_id AND r.revision = g.revision
    """
)


async def purge(connection: AsyncConnection, items: Iterable[UUID]) -> None:
    """Delete everything any revision showed of the items."""
    await connection.execute(_PURGE, {"items": list(items)})


async def earlier(
    connection: AsyncConnection, list_ids: Iterable[UUID], *, after: tuple[UUID, int]
) -> Sequence[RowMapping]:
    """Rows that only past revisions show, in order of (item, revision), at most CHUNK."""
    rows = await connection.execute(
        _EARLIER, {"lists": list(list_ids), "after": after[0], "after_revision": after[1], "chunk": CHUNK}
    )
    return rows.mappings().all()


async def rewrite(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the bodies of past rows; their revisions can no longer be proved by hash."""
    columns = (
        "lists", "items", "revisions", "bodies", "lines", "names", "base_codes", "codes", "types", "levels", "organs",
    )  # fmt: skip
    await connection.execute(_REWRITE, {column: [row[column] for row in rows] for column in columns})
