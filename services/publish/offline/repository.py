"""SQL of partners, how far the exchange with each is, and their packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.offline.rules import Manifest
from shared.schema.offline import offline_mirror, offline_partner
from shared.statement import Row, Statement

Record = dict[str, Any]

_BEGIN = Statement(
    "INSERT INTO qingdan.offline_progress (partner_id, epoch)"
    " SELECT CAST(:partner AS uuid), h.epoch FROM qingdan.log_head AS h"
)
_PROGRESS = """
    SELECT g.epoch, g.position, g.sent_serial, g.sent_hash, g.received_serial, g.received_hash, g.acknowledged_serial,
           h.epoch AS log_epoch
    FROM qingdan.offline_progress AS g CROSS JOIN qingdan.log_head AS h WHERE g.partner_id = :partner
"""
_LOOK = Statement(_PROGRESS)
_LOCK = Statement(f"{_PROGRESS} FOR UPDATE OF g")
_MIRRORS = Statement(
    "SELECT id, partner_id, source_list_id, list_id FROM qingdan.offline_mirror"
    " WHERE partner_id = ANY (CAST(:partners AS uuid[])) ORDER BY partner_id, source_list_id"
)
# A list mirrors one source, and only a list nobody has begun to compile here, or this source's own.
_MIRRORABLE = Statement(
    """
    SELECT l.id, l.region_code, l.title, l.mirrored_from,
           EXISTS (SELECT FROM qingdan.catalog_item_v1 AS i WHERE i.list_id = l.id) AS filled,
           EXISTS (SELECT FROM qingdan.peer AS p WHERE p.mirror_list_id = l.id) AS pulled,
           (SELECT m.partner_id FROM qingdan.offline_mirror AS m WHERE m.list_id = l.id) AS partner_id
    FROM qingdan.catalog_list_v1 AS l WHERE l.id = ANY (CAST(:lists AS uuid[]))
    """
)
_SENT = Statement(
    """
    UPDATE qingdan.offline_progress
    SET sent_serial = :serial, sent_hash = :hash, position = :position,
        epoch = CASE WHEN :entries THEN (SELECT h.epoch FROM qingdan.log_head AS h) ELSE epoch END,
        acknowledged_serial = coalesce(CAST(:acknowledged AS int), acknowledged_serial)
    WHERE partner_id = :partner
    """
)
_RECEIVED = Statement(
    "UPDATE qingdan.offline_progress SET received_serial = :serial, received_hash = :hash WHERE partner_id = :partner"
)
# Only the newest package can be fetched: an older one may hold what was withdrawn since.
_FORGET = Statement(
    "UPDATE qingdan.offline_package SET content = NULL WHERE partner_id = :partner AND content IS NOT NULL"
)
_KEEP = Statement(
    """
    INSERT INTO qingdan.offline_package (partner_id, direction, serial, kind, hash, from_position, until_position,
                                         rows, whole, ignored, content, made_by, made_at, seen_sequence, seen_position)
    VALUES (:partner, :direction, :serial, :kind, :hash, :from_position, :until_position, :rows, :whole,
            CAST(:ignored AS jsonb), CAST(:content AS bytea), :actor, :now, CAST(:seen_sequence AS bigint),
            CAST(:seen_position AS bigint))
    ON CONFLICT (partner_id, direction, serial) DO UPDATE
    SET kind = excluded.kind, hash = excluded.hash, from_position = excluded.from_position,
        until_position = excluded.until_position, rows = excluded.rows, whole = excluded.whole,
        ignored = excluded.ignored, content = excluded.content, made_by = excluded.made_by, made_at = excluded.made_at,
        seen_sequence = excluded.seen_sequence, seen_position = excluded.seen_position
    """
)
_PACKAGES = Statement(
    """
    SELECT direction, serial, kind, hash, from_position, until_position, rows, whole, ignored, made_by, made_at,
           content IS NOT NULL AS at_hand
    FROM qingdan.offline_package
    WHERE partner_id = :partner AND (made_at, serial) < (CAST(:before AS timestamptz), CAST(:serial AS int))
    ORDER BY made_at DESC, serial DESC LIMIT :limit
    """
)
# What is read now shows what was hidden up to this position: by our own publication, not by the head of the log.
_MARK = Statement(
    """
    SELECT (SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry) AS sequence,
           coalesce((SELECT c.position FROM qingdan.consumer AS c WHERE c.name = 'publication'), 0) AS position
    """
)
_WITHDRAWN = "SELECT FROM qingdan.feed_entry AS f WHERE f.type = 'item.withdrawn' AND f.sequence"
_HIDDEN = "SELECT FROM qingdan.event AS e WHERE e.type = 'profile.versioned' AND e.position"
_STALE = Statement(f"SELECT EXISTS ({_WITHDRAWN} > :sequence) OR EXISTS ({_HIDDEN} > :position)")
# What was withdrawn or hidden after a package was read must not leave in it. Packages of an older program do not say
# what they saw.
_CONTENT = Statement(
    f"""
    SELECT p.content, p.kind = 'entries' AND (
        EXISTS ({_WITHDRAWN} > coalesce(p.seen_sequence, p.until_position))
        OR EXISTS (
            {_HIDDEN} > coalesce(
                p.seen_position,
                (SELECT f.position FROM qingdan.feed_entry AS f WHERE f.sequence = p.until_position), 0)
              AND (p.seen_position IS NOT NULL OR e.recorded_at > p.made_at))
    ) AS withdrawn
    FROM qingdan.offline_package AS p
    WHERE p.partner_id = :partner AND p.direction = 'out' AND p.serial = :serial
    """
)
_STAY = Statement("SELECT 1")


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Register a partner with its progress; None when the code is taken."""
    statement = upsert(offline_partner).values(**values)
    added = statement.on_conflict_do_nothing(index_elements=["code"]).returning(offline_partner)
    row = (await connection.execute(added)).mappings().one_or_none()
    if row is None:
        return None
    await _BEGIN.rows(connection, {"partner": row["id"]})
    return dict(row)


async def change(connection: AsyncConnection, partner_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change a partner and raise its version."""
    table = offline_partner
    changed = update(table).where(table.c.id == partner_id).values(**values, version=table.c.version + 1)
    return dict((await connection.execute(changed.returning(table))).mappings().one())


async def find(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record | None:
    """A partner by its code."""
    statement = select(offline_partner).where(offline_partner.c.code == code)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def page(connection: AsyncConnection, *, after: str, limit: int) -> list[Record]:
    """Partners by code."""
    table = offline_partner
    rows = await connection.execute(select(table).where(table.c.code > after).order_by(table.c.code).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def mirrors(connection: AsyncConnection, partners: Sequence[UUID]) -> list[Row]:
    """Lists of partners and the lists here that mirror them."""
    return await _MIRRORS.rows(connection, {"partners": list(partners)})


async def mirrorable(connection: AsyncConnection, lists: Sequence[UUID]) -> dict[UUID, Row]:
    """What decides whether lists can mirror, by id."""
    return {row.id: row for row in await _MIRRORABLE.rows(connection, {"lists": list(lists)})}


async def add_mirrors(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let lists mirror from now on."""
    await connection.execute(insert(offline_mirror), [dict(row) for row in rows])


async def progress(connection: AsyncConnection, partner_id: UUID, *, lock: bool = False) -> Row:
    """How far the exchange with a partner is."""
    (row,) = await (_LOCK if lock else _LOOK).rows(connection, {"partner": partner_id})
    return row


async def sent(
    connection: AsyncConnection, partner_id: UUID, made: Manifest, hash_: str, *, position: int,
    acknowledged: int | None,
) -> None:  # fmt: skip
    """A package was made."""
    await _SENT.rows(
        connection,
        {"partner": partner_id, "serial": made.serial, "hash": hash_, "position": position,
         "entries": made.kind == "entries", "acknowledged": acknowledged},
    )  # fmt: skip
    await _FORGET.rows(connection, {"partner": partner_id})


async def received(connection: AsyncConnection, partner_id: UUID, taken: Manifest, hash_: str) -> None:
    """A package was taken."""
    await _RECEIVED.rows(connection, {"partner": partner_id, "serial": taken.serial, "hash": hash_})


async def keep(
    connection: AsyncConnection, partner_id: UUID, direction: str, manifest: Manifest, hash_: str, *, actor: str,
    now: datetime, content: bytes | None = None, ignored: Sequence[Mapping[str, Any]] = (), mark: Row | None = None,
) -> None:  # fmt: skip
    """Keep what a package was, and of one that was made its bytes."""
    given = {
        "partner": partner_id, "direction": direction, "serial": manifest.serial, "kind": manifest.kind, "hash": hash_,
        "from_position": manifest.from_position, "until_position": manifest.until_position, "rows": manifest.rows,
        "whole": manifest.whole, "ignored": orjson.dumps(list(ignored)).decode(), "content": content, "actor": actor,
        "now": now, "seen_sequence": mark.sequence if mark else None, "seen_position": mark.position if mark else None,
    }  # fmt: skip
    await _KEEP.rows(connection, given)


async def packages(
    connection: AsyncConnection, partner_id: UUID, *, before: datetime, serial: int, limit: int
) -> list[Row]:
    """Packages in both directions, the newest first."""
    given = {"partner": partner_id, "before": before, "serial": serial, "limit": limit}
    return await _PACKAGES.rows(connection, given)


async def mark(connection: AsyncConnection) -> Row:
    """How far the feed (sequence) and the publication (position) are; to be read before what a package holds."""
    (row,) = await _MARK.rows(connection, {})
    return row


async def is_stale(connection: AsyncConnection, mark: Row) -> bool:
    """Whether something that was read after a mark may have been withdrawn or hidden meanwhile."""
    return bool(await _STALE.value(connection, {"sequence": mark.sequence, "position": mark.position}))


async def stay(connection: AsyncConnection) -> None:
    """Show the server that a transaction has not been abandoned."""
    await _STAY.rows(connection)


async def content(connection: AsyncConnection, partner_id: UUID, serial: int) -> Row | None:
    """The bytes of a package that was made, and whether something in it may no longer leave."""
    return await _CONTENT.row(connection, {"partner": partner_id, "serial": serial})
