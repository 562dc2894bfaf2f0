"""SQL of peers: their register, and how far the exchange with each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.publish import peer, peer_progress, pulled_entry
from shared.statement import Row, Statement

Record = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """How far the exchange with a peer is.

    Attributes
    ----------
    epoch, log_epoch : of the log when the progress was made, and now; they differ after a restore.
    rests : seconds in which nothing is sent, whoever would send it; 0 or less when they are over.
    """

    position: int
    last_batch: str | None
    feedback_cursor: str
    catalogue_cursor: str
    epoch: UUID
    log_epoch: UUID
    rests: float


_PROGRESS = """SELECT p.position, p.last_batch, p.feedback_cursor, p.catalogue_cursor, p.epoch,
           (SELECT h.epoch FROM qingdan.log_head AS h) AS log_epoch,
           CAST(coalesce(extract(epoch FROM p.rests_until - clock_timestamp()), 0) AS float8) AS rests
    FROM qingdan.peer_progress AS p WHERE p.peer_id = :peer"""
_LOOK = Statement(_PROGRESS)
_LOCK = Statement(f"{_PROGRESS} FOR UPDATE OF p SKIP LOCKED")
_WAIT = Statement(f"{_PROGRESS} FOR UPDATE OF p")
# A statement of its own, behind the lock: what the lock's statement sees of other tables may be older than the lock.
_AS_KNOWN = Statement("SELECT version = :version AND state = 'active' FROM qingdan.peer WHERE id = :peer")
_MAKE_PROGRESS = Statement(
    "INSERT INTO qingdan.peer_progress (peer_id, epoch) SELECT CAST(:peer AS uuid), h.epoch FROM qingdan.log_head AS h"
)
_NEW_EPOCH = Statement(
    "UPDATE qingdan.peer_progress SET epoch = (SELECT h.epoch FROM qingdan.log_head AS h) WHERE peer_id = :peer"
)
_REST = Statement(
    """
    UPDATE qingdan.peer_progress AS g
    SET rests_until = clock_timestamp() + make_interval(secs => CAST(b.row_count AS float8) / CAST(:rate AS integer))
    FROM qingdan.peer_batch AS b WHERE g.peer_id = :peer AND b.peer_id = g.peer_id AND b.number = :number
    """
)
_FAILED = Statement(
    """
    UPDATE qingdan.peer_progress SET failed_at = :now, last_error = :error, failures = failures + 1
    WHERE peer_id = :peer RETURNING failures
    """
)
_WELL = Statement(
    "UPDATE qingdan.peer_progress SET last_success_at = :now, failures = 0, last_error = NULL WHERE peer_id = :peer"
)
# That a platform answers questions does not hide that it takes nothing: a batch has failed, or is sent again.
_ANSWERED = Statement(
    """
    UPDATE qingdan.peer_progress AS g
    SET last_success_at = :now, failures = CASE WHEN s.failing THEN g.failures ELSE 0 END,
        last_error = CASE WHEN s.failing THEN g.last_error END
    FROM (SELECT EXISTS (
        SELECT FROM qingdan.peer_batch AS b WHERE b.peer_id = :peer AND b.state = 'open'
          AND (b.attempts > 1 OR b.attempts = 1 AND b.resend_at <= clock_timestamp())) AS failing) AS s
    WHERE g.peer_id = :peer
    """
)
_STATUS = Statement(
    """
    SELECT g.position, g.last_batch, g.last_success_at, g.failed_at, g.last_error, g.failures, g.unkept,
           g.compared_at,
           (SELECT coalesce(max(f.sequence), 0) FROM qingdan.feed_entry AS f) AS head,
           (SELECT min(k.queued_at) FROM qingdan.peer_row AS k
            WHERE k.peer_id = g.peer_id AND k.state IN ('waiting', 'sending')) AS oldest_unsent,
           coalesce((SELECT jsonb_object_agg(c.state, c.rows) FROM (
               SELECT k.state, count(*) AS rows FROM qingdan.peer_row AS k
               WHERE k.peer_id = g.peer_id GROUP BY k.state) AS c), '{}') AS counts,
           (SELECT b.number FROM qingdan.peer_batch AS b
            WHERE b.peer_id = g.peer_id AND b.state = 'open') AS open_batch,
           (SELECT count(*) FROM qingdan.peer_feedback AS e
            WHERE e.peer_id = g.peer_id AND e.item_id IS NULL) AS unmatched,
           (SELECT count(*) FROM qingdan.pulled_entry AS d WHERE d.peer_id = g.peer_id) AS pulled,
           (SELECT count(*) FROM qingdan.pulled_entry AS d
            WHERE d.peer_id = g.peer_id AND (d.elements IS NULL OR EXISTS (
                SELECT FROM qingdan.catalog_mirror_refusal_v1 AS x WHERE x.item_id = d.item_id))) AS pulled_refused
    FROM qingdan.peer_progress AS g WHERE g.peer_id = :peer
    """
)
# Of two workers that look at once one finds the time already noted.
_NEXT_COMPARISON = Statement(
    """
    WITH due AS (
        SELECT g.peer_id, g.compared_at FROM qingdan.peer_progress AS g
        WHERE g.peer_id = :peer AND CAST(:hours AS int) IS NOT NULL
          AND (g.compared_at IS NULL
               OR g.compared_at <= CAST(:now AS timestamptz) - make_interval(hours => CAST(:hours AS int)))
        FOR UPDATE SKIP LOCKED
    )
    UPDATE qingdan.peer_progress AS g SET compared_at = :now FROM due AS d WHERE g.peer_id = d.peer_id
    RETURNING d.compared_at IS NOT NULL
    """
)
_UNKEPT = Statement("SELECT unkept FROM qingdan.peer_progress WHERE peer_id = :peer")
_REGIONS = Statement(
    "SELECT code, array_prepend(code, ancestors) AS chain FROM qingdan.catalog_region_v1"
    " WHERE code = ANY (CAST(:codes AS text[]))"
)
_KINDS = Statement("SELECT code FROM qingdan.catalog_kind_v1 WHERE code = ANY (CAST(:codes AS text[]))")
# A list that people compile here is not overwritten by somebody else's.
_MIRROR = Statement(
    """
    SELECT l.id, l.kind, l.region_code, l.mirrored_from, l.title,
           EXISTS (SELECT FROM qingdan.catalog_item_v1 AS i WHERE i.list_id = l.id) AS filled,
           (SELECT p.code FROM qingdan.peer AS p WHERE p.mirror_list_id = l.id AND p.id <> :peer) AS other
    FROM qingdan.catalog_list_v1 AS l WHERE l.id = :list
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Register a peer with its progress; None when the code is taken."""
    statement = upsert(peer).values(**values).on_conflict_do_nothing(index_elements=["code"]).returning(peer)
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        return None
    await _MAKE_PROGRESS.rows(connection, {"peer": row["id"]})
    return dict(row)


async def find(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record | None:
    """A peer by its code; `lock`: nobody else changes it. Its progress is locked after it, never before."""
    statement = select(peer).where(peer.c.code == code)
    if lock:
        # Its id stays: rows that refer to it are written under the lock of its progress, and must not wait for ours.
        statement = statement.with_for_update(key_share=True)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)


async def by_id(connection: AsyncConnection, peer_id: UUID) -> Record | None:
    """A peer by its id."""
    row = (await connection.execute(select(peer).where(peer.c.id == peer_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def page(connection: AsyncConnection, *, after: str, limit: int) -> list[Record]:
    """Peers by code."""
    rows = await connection.execute(select(peer).where(peer.c.code > after).order_by(peer.c.code).limit(limit))
    return [dict(row) for row in rows.mappings()]


async def active(connection: AsyncConnection) -> list[Record]:
    """All peers the exchange works for."""
    rows = await connection.execute(select(peer).where(peer.c.state == "active").order_by(peer.c.code))
    return [dict(row) for row in rows.mappings()]


async def change(connection: AsyncConnection, peer_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change a peer and raise its version."""
    statement = update(peer).where(peer.c.id == peer_id).values(**values, version=peer.c.version + 1).returning(peer)
    return dict((await connection.execute(statement)).mappings().one())


async def lock_progress(connection: AsyncConnection, peer_id: UUID, version: int) -> Progress | None:
    """Take the peer's progress for this transaction; None when another worker has it, or when the peer is no longer
    the active one of that version: whoever knows an older one must not move what its change has set back."""
    row = await _LOCK.row(connection, {"peer": peer_id})
    if row is None or not await _AS_KNOWN.value(connection, {"peer": peer_id, "version": version}):
        return None
    return Progress(**row)


async def wait_for_progress(connection: AsyncConnection, peer_id: UUID) -> Progress:
    """Take the peer's progress for this transaction, waiting for whoever has it."""
    (row,) = await _WAIT.rows(connection, {"peer": peer_id})
    return Progress(**row)


async def progress_of(connection: AsyncConnection, peer_id: UUID) -> Progress:
    """How far the exchange with a peer is, without any lock."""
    (row,) = await _LOOK.rows(connection, {"peer": peer_id})
    return Progress(**row)


async def move(connection: AsyncConnection, peer_id: UUID, **values: Any) -> None:
    """Store how far the exchange is: columns of `peer_progress`."""
    await connection.execute(update(peer_progress).where(peer_progress.c.peer_id == peer_id).values(**values))


async def begin_epoch(connection: AsyncConnection, peer_id: UUID) -> None:
    """Go on in the present epoch of the log, from the same entry of the feed: both are of the same copy."""
    await _NEW_EPOCH.rows(connection, {"peer": peer_id})


async def rest_after(connection: AsyncConnection, peer_id: UUID, number: str, rows_per_second: int) -> None:
    """A batch goes out: until its rows are worth the time, no worker sends another."""
    await _REST.rows(connection, {"peer": peer_id, "number": number, "rate": rows_per_second})


async def note_failure(connection: AsyncConnection, peer_id: UUID, error: str, now: datetime) -> int:
    """The peer cannot be reached or answers wrongly; how many times in a row by now."""
    return int(await _FAILED.value(connection, {"peer": peer_id, "error": error, "now": now}) or 1)


async def note_success(connection: AsyncConnection, peer_id: UUID, now: datetime) -> None:
    """The peer has taken a batch."""
    await _WELL.rows(connection, {"peer": peer_id, "now": now})


async def note_answer(connection: AsyncConnection, peer_id: UUID, now: datetime) -> None:
    """The peer has answered a question."""
    await _ANSWERED.rows(connection, {"peer": peer_id, "now": now})


async def status(connection: AsyncConnection, peer_id: UUID) -> Row:
    """How the exchange with a peer stands."""
    (row,) = await _STATUS.rows(connection, {"peer": peer_id})
    return row


async def next_comparison(connection: AsyncConnection, peer_id: UUID, hours: int | None, now: datetime) -> bool:
    """Whether a comparison is to begin now: `hours` after the last one; from the first look on, not at once."""
    return bool(await _NEXT_COMPARISON.value(connection, {"peer": peer_id, "hours": hours, "now": now}))


async def unkept(connection: AsyncConnection, peer_id: UUID) -> int:
    """Acknowledged rows that the last comparison did not find at the platform."""
    return int(await _UNKEPT.value(connection, {"peer": peer_id}) or 0)


async def forget_catalogue(connection: AsyncConnection, peer_id: UUID) -> None:
    """What was pulled belonged to another list: the next pull begins anew, with items of its own."""
    await connection.execute(delete(pulled_entry).where(pulled_entry.c.peer_id == peer_id))


async def region_chains(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[str]]:
    """The regions that exist among `codes`, each with those above it."""
    return {row.code: list(row.chain) for row in await _REGIONS.rows(connection, {"codes": list(codes)})}


async def known_kinds(connection: AsyncConnection, codes: Sequence[str]) -> set[str]:
    """The kinds of list that exist among `codes`."""
    return set(await _KINDS.values(connection, {"codes": list(codes)}))


async def mirror(connection: AsyncConnection, list_id: UUID, peer_id: UUID) -> Row | None:
    """A list that is to mirror a catalogue: (kind, region_code, mirrored_from, title, filled, other peer's code)."""
    return await _MIRROR.row(connection, {"list": list_id, "peer": peer_id})
