"""SQL of bundles: which entries they are about, and the parts that have been made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_AMONG = """
    FROM qingdan.published_item AS p JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    WHERE p.to_revision IS NULL AND p.state <> 'cancelled'
      AND (p.list_id = CAST(:list AS uuid) OR CAST(:list AS uuid) IS NULL AND l.kind = CAST(:kind AS text))
      AND (CAST(:region AS text) IS NULL OR l.region_code = CAST(:region AS text))
      AND (CAST(:organ AS uuid) IS NULL OR p.organ_id = CAST(:organ AS uuid))
"""
_COUNT = Statement(f"SELECT count(*) {_AMONG}")
# Of the list, the region or the organ that is asked for: one of them is told.
_CHAIN = Statement(
    """
    SELECT array_prepend(g.code, coalesce(r.ancestors, '{}'))
    FROM (SELECT coalesce(CAST(:region AS text),
                          (SELECT l.region_code FROM qingdan.published_list AS l WHERE l.list_id = CAST(:list AS uuid)),
                          (SELECT o.region_code FROM qingdan.catalog_organ_v1 AS o WHERE o.id = CAST(:organ AS uuid)),
                          '') AS code) AS g
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = g.code
    """
)
_NEXT = Statement(f"SELECT p.item_id {_AMONG} AND p.item_id > CAST(:after AS uuid) ORDER BY p.item_id LIMIT :limit")
_KEEP = Statement(
    """
    INSERT INTO qingdan.document_bundle_part (operation_id, number, through, entries, content, made_at)
    VALUES (:operation, :number, :through, CAST(:entries AS jsonb), :content, :now)
    ON CONFLICT (operation_id, number) DO NOTHING
    """
)
_MADE = Statement(
    """
    SELECT count(*) AS parts, coalesce(sum(jsonb_array_length(entries)), 0) AS files,
           coalesce(sum(octet_length(content)), 0) AS bytes,
           (array_agg(through ORDER BY number DESC))[1] AS through
    FROM qingdan.document_bundle_part WHERE operation_id = :operation
    """
)
_DROP = Statement("DELETE FROM qingdan.document_bundle_part WHERE operation_id = :operation")
# What a file shows may have been withdrawn since: then a body it was made of is no longer among those published.
_READABLE = """
    SELECT FROM qingdan.published_item AS i
    WHERE i.item_id = {item} AND encode(i.hash, 'hex') = {hash}
      AND (i.to_revision IS NULL OR i.to_revision > i.from_revision) AND octet_length(i.body) > 0
"""
# A manual of which is not known whom else it shows was made by an earlier program: nobody can say that it may go out.
_ENTRIES = Statement(
    f"""
    SELECT p.number, p.through, (
        SELECT jsonb_agg(e.entry || jsonb_build_object('shown',
                   EXISTS ({_READABLE.format(item="e.item_id", hash="e.entry ->> 'hash'")})
                   AND EXISTS (SELECT FROM qingdan.published_item AS c
                               WHERE c.item_id = e.item_id AND c.to_revision IS NULL)
                   AND (e.entry ->> 'permit_hash' = ''
                        OR EXISTS ({_READABLE.format(item="e.permit_id", hash="e.entry ->> 'permit_hash'")}))
                   AND (e.entry -> 'related' IS NOT NULL OR o.parameters ->> 'what' <> 'manual')
                   AND NOT EXISTS (
                       SELECT FROM jsonb_to_recordset(coalesce(e.entry -> 'related', '[]'))
                                   AS r (item_id uuid, hash text)
                       WHERE NOT EXISTS ({_READABLE.format(item="r.item_id", hash="r.hash")}))
               ) ORDER BY e.place)
        FROM (
            SELECT n.entry, n.place, CAST(n.entry ->> 'item_id' AS uuid) AS item_id,
                   CAST(nullif(n.entry ->> 'permit_id', '') AS uuid) AS permit_id
            FROM jsonb_array_elements(p.entries) WITH ORDINALITY AS n (entry, place)
        ) AS e
    ) AS entries
    FROM qingdan.document_bundle_part AS p JOIN qingdan.operation AS o ON o.id = p.operation_id
    WHERE p.operation_id = :operation ORDER BY p.number
    """
)
_PART = Statement(
    "SELECT content FROM qingdan.document_bundle_part WHERE operation_id = :operation AND number = :number"
)
_CLEAR = Statement(
    # Whole or not at all: a bundle whose first parts are gone would be handed out without a word of them.
    """
    DELETE FROM qingdan.document_bundle_part WHERE operation_id IN (
        SELECT p.operation_id FROM qingdan.document_bundle_part AS p
        GROUP BY p.operation_id HAVING max(p.made_at) < CAST(:before AS timestamptz))
    RETURNING number
    """
)


async def chain(connection: AsyncConnection, place: Mapping[str, Any]) -> list[str]:
    """The region of a bundle's place and those above it."""
    given = {name: place[name] for name in ("list", "region", "organ")}
    return list(await _CHAIN.value(connection, given))


async def count(connection: AsyncConnection, place: dict[str, Any]) -> int:
    """How many entries a bundle is about: `place` has list, kind, region, organ."""
    found: int = await _COUNT.value(connection, place)
    return found


async def following(connection: AsyncConnection, place: dict[str, Any], *, after: UUID, limit: int) -> list[UUID]:
    """The next entries by id."""
    return [row.item_id for row in await _NEXT.rows(connection, place | {"after": after, "limit": limit})]


async def keep(
    connection: AsyncConnection, operation: UUID, number: int, *, through: UUID, entries: Sequence[Any],
    content: bytes, now: datetime,
) -> None:  # fmt: skip
    """Keep a part; one that is there already stays."""
    given = {"operation": operation, "number": number, "through": through, "content": content, "now": now}
    await _KEEP.rows(connection, given | {"entries": orjson.dumps(list(entries)).decode()})


async def made(connection: AsyncConnection, operation: UUID) -> Row:
    """How far it is: parts, files, bytes, and the last entry dealt with (`through`)."""
    row = await _MADE.row(connection, {"operation": operation})
    assert row is not None
    return row


async def drop(connection: AsyncConnection, operation: UUID) -> None:
    """Remove everything of a bundle."""
    await _DROP.rows(connection, {"operation": operation})


async def entries(connection: AsyncConnection, operation: UUID) -> list[Row]:
    """(number, entries) of the parts in order; each entry with `shown`: whether its content is public still."""
    return await _ENTRIES.rows(connection, {"operation": operation})


async def part(connection: AsyncConnection, operation: UUID, number: int) -> bytes | None:
    """The files of a part, one behind the other."""
    found: bytes | None = await _PART.value(connection, {"operation": operation, "number": number})
    return found


async def clear(connection: AsyncConnection, before: datetime) -> int:
    """Remove parts made before an instant; returns how many."""
    return len(await _CLEAR.rows(connection, {"before": before}))
