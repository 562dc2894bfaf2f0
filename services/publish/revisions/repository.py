"""SQL of the revisions: what the new revision of a list shows, its hash, the feed, named editions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import copy_rows
from shared.schema.publish import feed_entry, published_item

_CLOSE = text(
    """
    UPDATE qingdan.published_item AS p SET to_revision = n.revision
    FROM unnest(CAST(:lists AS uuid[]), CAST(:items AS uuid[]), CAST(:revisions AS int[]))
         AS n(list_id, item_id, revision)
    WHERE p.list_id = n.list_id AND p.item_id = n.item_id AND p.to_revision IS NULL
    """
)
_BUCKETS = text(
    """
    INSERT INTO qingdan.list_bucket (list_id, bucket, hash, entries)
    SELECT t.list_id, t.bucket, b.hash, b.entries
    FROM unnest(CAST(:lists AS uuid[]), CAST(:buckets AS smallint[])) AS t(list_id, bucket)
    CROSS JOIN LATERAL (
        SELECT sha256(coalesce(string_agg(p.hash, ''::bytea ORDER BY p.item_id), '')) AS hash, count(*) AS entries
        FROM qingdan.published_item AS p
        WHERE p.list_id = t.list_id AND p.bucket = t.bucket AND p.to_revision IS NULL
    ) AS b
    ON CONFLICT (list_id, bucket) DO UPDATE SET hash = excluded.hash, entries = excluded.entries
    """
)
_REVISIONS = text(
    """
    WITH made AS (
        SELECT l.id AS list_id, l.kind, l.region_code, l.title, l.decision, n.revision, n.adjustment_id, n.effective_at,
               root.hash, root.entries
        FROM unnest(CAST(:lists AS uuid[]), CAST(:revisions AS int[]), CAST(:adjustments AS uuid[]),
                    CAST(:effective AS timestamptz[])) AS n(list_id, revision, adjustment_id, effective_at)
        JOIN qingdan.catalog_list_v1 AS l ON l.id = n.list_id
        CROSS JOIN LATERAL (
            SELECT sha256(string_agg(b.hash, ''::bytea ORDER BY b.bucket)) AS hash, sum(b.entries) AS entries
            FROM qingdan.list_bucket AS b WHERE b.list_id = n.list_id
        ) AS root
    ), current AS (
        INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)
        SELECT list_id, kind, region_code, title, revision, hash, entries, clock_timestamp() FROM made
        ON CONFLICT (list_id) DO UPDATE SET title = excluded.title, revision = excluded.revision,
            hash = excluded.hash, entries = excluded.entries, published_at = excluded.published_at
    )
    INSERT INTO qingdan.list_revision (list_id, revision, hash, entries, decision, adjustment_id, effective_at)
    SELECT list_id, revision, hash, entries, decision, adjustment_id, effective_at FROM made
    RETURNING list_id, revision, hash, entries
    """
)
_EDITION = text(
    """
    INSERT INTO qingdan.list_edition (list_id, name, revision)
    SELECT list_id, :name, revision FROM qingdan.published_list WHERE list_id = :list
    ON CONFLICT (list_id, name) DO NOTHING
    RETURNING revision
    """
)
_ITEM_COLUMNS = (
    "list_id", "item_id", "from_revision", "to_revision", "version", "bucket", "name", "base_code",
    "implementation_code", "item_type", "state", "level", "organ_id", "body", "row", "hash", "effective_from",
)  # fmt: skip
_FEED_COLUMNS = (
    "sequence", "id", "position", "type", "list_kind", "list_id", "item_id", "version", "revision", "changed",
    "adjustment_id", "cause_id", "effective_at",
)  # fmt: skip


@dataclass(frozen=True)
class NewRevision:
    """A revision to be made of what the rows now show."""

    list_id: UUID
    revision: int
    adjustment_id: UUID | None
    effective_at: datetime


@dataclass(frozen=True)
class Made:
    """A revision that was made."""

    list_id: UUID
    revision: int
    hash: bytes
    entries: int


async def close(connection: AsyncConnection, rows: Sequence[tuple[UUID, UUID, int]]) -> None:
    """End what is shown of (list, item) with a revision."""
    if rows:
        lists, items, revisions = (list(column) for column in zip(*rows, strict=True))
        await connection.execute(_CLOSE, {"lists": lists, "items": items, "revisions": revisions})


async def show(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows that a revision shows."""
    if rows:
        await copy_rows(
            connection, published_item, _ITEM_COLUMNS, [[row[name] for name in _ITEM_COLUMNS] for row in rows]
        )


async def hash_buckets(connection: AsyncConnection, buckets: Iterable[tuple[UUID, int]]) -> None:
    """Hash the touched (list, bucket) pairs again; of a new list all 256, so that its hash needs no gaps filled."""
    touched = sorted(buckets)
    if touched:
        lists, numbers = (list(column) for column in zip(*touched, strict=True))
        await connection.execute(_BUCKETS, {"lists": lists, "buckets": numbers})


async def make_revisions(connection: AsyncConnection, revisions: Sequence[NewRevision]) -> list[Made]:
    """Give each list its new revision, hashed from its 256 buckets."""
    result = await connection.execute(
        _REVISIONS,
        {
            "lists": [revision.list_id for revision in revisions],
            "revisions": [revision.revision for revision in revisions],
            "adjustments": [revision.adjustment_id for revision in revisions],
            "effective": [revision.effective_at for revision in revisions],
        },
    )
    return [Made(*row) for row in result]


async def write_feed(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Append numbered entries to the feed; the consumer's lease keeps others from numbering at the same time."""
    if rows:
        await copy_rows(connection, feed_entry, _FEED_COLUMNS, [[row[name] for name in _FEED_COLUMNS] for row in rows])


async def name_edition(connection: AsyncConnection, list_id: UUID, name: str) -> int | None:
    """Pin the present revision under a name; None when the list shows nothing yet or the name is taken."""
    return (await connection.execute(_EDITION, {"list": list_id, "name": name})).scalar_one_or_none()
