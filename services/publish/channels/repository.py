"""SQL of the register of channels, and of what is read about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.publish import channel
from shared.statement import Row, Statement

Record = dict[str, Any]
_CHAIN = "array_prepend(r.code, r.ancestors) AS chain"
_FIND = """
    SELECT c.*, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.channel AS c JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code WHERE c.code = :code
"""
_LOOK = Statement(_FIND)
_LOCK = Statement(f"{_FIND} FOR UPDATE OF c")
_PLACE = Statement(
    f"""
    SELECT {_CHAIN}, o.region_code AS organ_region, o.name AS organ_name
    FROM qingdan.catalog_region_v1 AS r
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = CAST(:organ AS uuid)
    WHERE r.code = :region
    """
)
_KINDS = Statement("SELECT code FROM qingdan.catalog_kind_v1 WHERE code = ANY (CAST(:codes AS text[]))")
# How a channel stands is how the worst of its copies stands.
_OVERVIEW = """
    SELECT c.*, n.copies, n.worst, n.lag
    FROM qingdan.channel AS c
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(s.state, s.copies), '{}') AS copies,
               (array_agg(s.state ORDER BY array_position(
                   ARRAY['differs', 'late', 'unreachable', 'due', 'current'], s.state)))[1] AS worst,
               max(s.lag) AS lag
        FROM (
            SELECT k.state, count(*) AS copies,
                   max(extract(epoch FROM CAST(:now AS timestamptz) - k.since)::bigint)
                       FILTER (WHERE k.switched_at IS NULL) AS lag
            FROM qingdan.channel_copy AS k WHERE k.channel_id = c.id GROUP BY k.state
        ) AS s
    ) AS n
"""
_PAGE = Statement(
    _OVERVIEW
    + """
    JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    WHERE c.code > :after
      AND (c.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[])
           OR :nation = ANY (CAST(:regions AS text[])))
      AND (CAST(:region AS text) IS NULL OR c.region_code = CAST(:region AS text))
      AND (CAST(:kind AS text) IS NULL OR c.kind = CAST(:kind AS text))
      AND (CAST(:state AS text) IS NULL OR n.worst = CAST(:state AS text))
    ORDER BY c.code LIMIT :limit
    """
)
_ONE = Statement(_OVERVIEW + "WHERE c.id = :id")
_COPIES = Statement(
    """
    SELECT k.*, l.title, extract(epoch FROM k.switched_at - k.since)::bigint AS lag_seconds
    FROM qingdan.channel_copy AS k JOIN qingdan.published_list AS l ON l.list_id = k.list_id
    WHERE k.channel_id = :channel AND k.list_id > :after ORDER BY k.list_id LIMIT :limit
    """
)
# Everybody may know where a list is shown and whether it is the same (ZL-38).
_OF_LIST = Statement(
    """
    SELECT c.code, c.name, c.kind, c.link, k.shown_revision, k.due_revision, k.state, k.switched_at, k.checked_at,
           k.state = 'current' AS identical
    FROM qingdan.channel_copy AS k JOIN qingdan.channel AS c ON c.id = k.channel_id
    WHERE k.list_id = :list AND c.state = 'active' ORDER BY c.name, c.code
    """
)
_LIST = Statement("SELECT list_id, title, revision, hash FROM qingdan.published_list WHERE list_id = :list")


async def find(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record | None:
    """A channel by its code, with its region and those above it as `chain`."""
    row = await (_LOCK if lock else _LOOK).row(connection, {"code": code})
    return dict(row) if row else None


async def place(connection: AsyncConnection, region: str, organ: UUID | None) -> Row | None:
    """A region with those above it (`chain`), and where the organ is; None when there is no such region."""
    return await _PLACE.row(connection, {"region": region, "organ": organ})


async def known_kinds(connection: AsyncConnection, codes: list[str]) -> set[str]:
    """The kinds of list among these that exist."""
    return set(await _KINDS.values(connection, {"codes": codes}))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Register a channel; False when its code is taken."""
    added = await connection.execute(
        insert(channel).values(**values).on_conflict_do_nothing(index_elements=["code"]).returning(channel.c.id)
    )
    return added.first() is not None


async def change(connection: AsyncConnection, channel_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a channel; its version rises."""
    version = channel.c.version + 1
    await connection.execute(update(channel).where(channel.c.id == channel_id).values(**values, version=version))


async def page(connection: AsyncConnection, given: Mapping[str, Any]) -> list[Row]:
    """Channels of regions (and below) in the order of their codes, each with its copies by state."""
    return await _PAGE.rows(connection, given)


async def one(connection: AsyncConnection, channel_id: UUID, now: Any) -> Row:
    """A channel with its copies by state."""
    (row,) = await _ONE.rows(connection, {"id": channel_id, "now": now})
    return row


async def copies(connection: AsyncConnection, channel_id: UUID, *, after: UUID, limit: int) -> list[Row]:
    """What a channel is due to show and shows, list by list."""
    return await _COPIES.rows(connection, {"channel": channel_id, "after": after, "limit": limit})


async def of_list(connection: AsyncConnection, list_id: UUID) -> list[Row]:
    """Where a list is shown, and whether it is the same there."""
    return await _OF_LIST.rows(connection, {"list": list_id})


async def published(connection: AsyncConnection, list_id: UUID) -> Row | None:
    """The present revision of a list; None when it is not published."""
    return await _LIST.row(connection, {"list": list_id})
