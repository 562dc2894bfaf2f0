"""SQL of rows: the feed becomes rows, answers become verdicts.

Everything that changes the rows of a peer does so under the lock of its `peer_progress`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.platform.rules import WELL, Verdict
from shared.statement import Row, Statement

# Feed entries one transaction turns into rows at most.
FEED_CHUNK = 2_000

# An entry that has been turned into a row before is passed over, so the feed may be read again from any earlier point.
# A row that waits takes the newer entry in; one that was sent stays, and the next version waits behind it.
_FOLLOW = Statement(
    """
    WITH taken AS MATERIALIZED (
        SELECT f.sequence, f.type, f.list_id, f.list_kind, f.item_id
        FROM qingdan.feed_entry AS f WHERE f.sequence > :position ORDER BY f.sequence LIMIT :limit
    ), newest AS MATERIALIZED (
        SELECT DISTINCT ON (t.item_id) t.item_id, t.list_id, t.sequence, t.type
        FROM taken AS t
        JOIN qingdan.published_list AS l ON l.list_id = t.list_id
        LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE t.item_id IS NOT NULL AND t.list_kind = ANY (CAST(:kinds AS text[]))
          AND (l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))
          AND t.list_id IS DISTINCT FROM CAST(:mirror AS uuid)
        ORDER BY t.item_id, t.sequence DESC
    ), due AS MATERIALIZED (
        SELECT n.item_id, n.list_id, n.sequence, coalesce(k.state = 'waiting', false) AS waits,
               coalesce(k.task_version, 0) AS task_version,
               CASE WHEN n.type = 'item.withdrawn' THEN 'D'
                    WHEN sent.operation IS NULL OR sent.operation = 'D' THEN 'I' ELSE 'U' END AS operation
        FROM newest AS n
        LEFT JOIN LATERAL (
            SELECT p.task_version, p.state, p.sequence FROM qingdan.peer_row AS p
            WHERE p.peer_id = :peer AND p.item_id = n.item_id ORDER BY p.task_version DESC LIMIT 1
        ) AS k ON true
        LEFT JOIN LATERAL (
            SELECT p.operation FROM qingdan.peer_row AS p
            WHERE p.peer_id = :peer AND p.item_id = n.item_id AND p.state <> 'waiting'
            ORDER BY p.task_version DESC LIMIT 1
        ) AS sent ON true
        WHERE k.sequence IS NULL OR k.sequence < n.sequence
    ), renewed AS (
        UPDATE qingdan.peer_row AS p SET sequence = d.sequence, operation = d.operation
        FROM due AS d
        WHERE p.peer_id = :peer AND p.item_id = d.item_id AND p.task_version = d.task_version AND d.waits
    ), added AS (
        INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid)
        SELECT :peer, d.item_id, d.task_version + 1, d.list_id, d.sequence, d.operation, gen_random_uuid()
        FROM due AS d WHERE NOT d.waits
    )
    SELECT count(*) AS entries, coalesce(max(sequence), :position) AS position FROM taken
    """
)
# What the platform has complained of already stays rejected, whatever the repeated answer says. A row that it refuses
# because it holds a version that is not older - one of before a restore - goes again above that one; a platform that
# refuses that one too is taken at its word.
# The first push of a list fills the table while its statistics know it as empty: what is looked up here for each row of
# a batch is asked of one index only, and of what was refused alone.
_ANSWER = Statement(
    """
    WITH batch AS MATERIALIZED (
        UPDATE qingdan.peer_batch SET state = CASE WHEN :whole THEN 'answered' ELSE 'dissolved' END, answered_at = :now
        WHERE peer_id = :peer AND number = :number AND state = 'open' RETURNING number
    ), given AS MATERIALIZED (
        SELECT g.row_guid, g.code, g.remark, g.held, g.table_name
        FROM unnest(CAST(:guids AS uuid[]), CAST(:codes AS text[]), CAST(:remarks AS text[]), CAST(:held AS bigint[]),
                    CAST(:tables AS text[])) AS g (row_guid, code, remark, held, table_name)
    ), answered AS (
        UPDATE qingdan.peer_row AS k
        SET state = CASE WHEN g.code = :well AND f.err_type IS NULL THEN 'accepted'
                         WHEN g.code <> :well AND g.held >= k.task_version AND NOT coalesce((
                             SELECT e.state = 'superseded' AND e.err_type IS NOT NULL FROM qingdan.peer_row AS e
                             WHERE e.peer_id = k.peer_id AND e.item_id = k.item_id AND e.task_version < k.task_version
                             ORDER BY e.task_version DESC LIMIT 1), false) THEN 'superseded'
                         ELSE 'rejected' END,
            err_type = coalesce(nullif(g.code, :well), f.err_type), answered_at = :now,
            table_name = g.table_name,
            remark = nullif(CASE WHEN g.code = :well THEN coalesce(f.remark, '') ELSE g.remark END, '')
        FROM batch AS b, given AS g
        LEFT JOIN LATERAL (
            SELECT e.err_type, e.remark FROM qingdan.peer_feedback AS e
            WHERE e.peer_id = :peer AND e.row_guid = CAST(g.row_guid AS text) ORDER BY e.received_at DESC LIMIT 1
        ) AS f ON true
        WHERE k.peer_id = :peer AND k.batch = b.number AND k.state = 'sending' AND k.row_guid = g.row_guid
        RETURNING k.item_id, k.list_id, k.state, k.err_type, k.sequence, k.operation, g.held
    ), raised AS (
        UPDATE qingdan.peer_row AS w SET task_version = a.held + 1
        FROM answered AS a
        WHERE a.state = 'superseded' AND w.peer_id = :peer AND w.item_id = a.item_id AND w.state = 'waiting'
          AND w.task_version <= a.held
          AND w.item_id = ANY (ARRAY(SELECT o.item_id FROM answered AS o WHERE o.state = 'superseded'))
    ), above AS (
        INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid)
        SELECT :peer, a.item_id, a.held + 1, a.list_id, a.sequence, a.operation, gen_random_uuid()
        FROM answered AS a
        WHERE a.state = 'superseded' AND NOT EXISTS (
            SELECT FROM qingdan.peer_row AS w
            WHERE w.peer_id = :peer AND w.item_id = a.item_id AND w.state = 'waiting')
    ), again AS (
        UPDATE qingdan.peer_row AS k
        SET batch = NULL, state = CASE WHEN EXISTS (
            SELECT FROM qingdan.peer_row AS w
            WHERE w.peer_id = :peer AND w.item_id = k.item_id AND w.state = 'waiting') THEN 'superseded' ELSE 'waiting'
            END
        FROM batch AS b
        WHERE k.peer_id = :peer AND k.batch = b.number AND k.state = 'sending'
          AND k.row_guid <> ALL (CAST(:guids AS uuid[]))
    )
    SELECT a.item_id, a.list_id, a.state, a.err_type, l.kind AS list_kind, l.region_code
    FROM answered AS a LEFT JOIN qingdan.published_list AS l ON l.list_id = a.list_id
    WHERE a.state <> 'superseded'
    ORDER BY a.list_id, a.item_id
    """
)
# The next version is above both sides' last one. Whatever has got another version since it was looked at was on its way
# then, and is compared again another time: a deletion that was due must not follow what was published meanwhile.
_ENQUEUE = Statement(
    """
    WITH wanted AS MATERIALIZED (
        SELECT w.item_id, w.list_id, w.operation, coalesce(w.theirs, 0) AS theirs, w.seen,
               coalesce(k.task_version, 0) AS ours, coalesce(k.state, '') AS state
        FROM unnest(CAST(:items AS uuid[]), CAST(:lists AS uuid[]), CAST(:operations AS text[]),
                    CAST(:versions AS bigint[]), CAST(:seen AS int[])) AS w (item_id, list_id, operation, theirs, seen)
        LEFT JOIN LATERAL (
            SELECT p.task_version, p.state FROM qingdan.peer_row AS p
            WHERE p.peer_id = :peer AND p.item_id = w.item_id ORDER BY p.task_version DESC LIMIT 1
        ) AS k ON true
    )
    INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid)
    SELECT :peer, w.item_id, greatest(w.ours, w.theirs) + 1, w.list_id, :sequence, w.operation, gen_random_uuid()
    FROM wanted AS w WHERE w.state NOT IN ('waiting', 'sending') AND w.ours = w.seen AND w.theirs < 2147483647
    RETURNING item_id
    """
)


_PAGE = Statement(
    """
    SELECT k.item_id, k.task_version, k.list_id, p.name, k.operation, k.row_guid, k.state, k.batch, k.err_type,
           k.remark, k.queued_at, k.answered_at
    FROM qingdan.peer_row AS k
    LEFT JOIN qingdan.published_item AS p
      ON p.list_id = k.list_id AND p.item_id = k.item_id AND p.to_revision IS NULL
    WHERE k.peer_id = :peer AND k.state = :state AND (k.item_id, k.task_version) > (:item, CAST(:version AS integer))
    ORDER BY k.item_id, k.task_version LIMIT :limit
    """
)


@dataclass(frozen=True)
class Answered:
    """A row that has got its verdict."""

    item_id: UUID
    list_id: UUID | None
    state: str
    err_type: str | None
    list_kind: str | None
    region_code: str | None


async def follow(
    connection: AsyncConnection,
    peer: UUID,
    *,
    position: int,
    kinds: Sequence[str],
    regions: Sequence[str],
    mirror: UUID | None,
) -> tuple[int, int]:
    """Turn the next entries of the feed into rows; how many were read, and the feed sequence reached."""
    given = {"peer": peer, "position": position, "kinds": list(kinds), "regions": list(regions), "mirror": mirror}
    row = await _FOLLOW.row(connection, given | {"limit": FEED_CHUNK})
    assert row is not None
    return row.entries, row.position


async def answer(
    connection: AsyncConnection,
    peer: UUID,
    number: str,
    given: Sequence[Verdict],
    *,
    now: datetime,
    whole: bool = True,
    tables: Mapping[str, str] = MappingProxyType({}),
) -> list[Answered]:
    """Save the verdicts on a batch; rows without one wait again, for another batch. Once only: an answered batch
    stays as it is.

    Parameters
    ----------
    whole : False: the platform would not take the batch as it is.
    tables : row_guid -> main table the row was sent to.
    """
    parameters: dict[str, Any] = {"peer": peer, "number": number, "now": now, "well": WELL, "whole": whole}
    parameters |= {
        "guids": [UUID(one.row_guid) for one in given],
        "codes": [one.code for one in given],
        "remarks": [one.remark for one in given],
        "held": [one.held for one in given],
        "tables": [tables.get(one.row_guid) for one in given],
    }
    return [Answered(*row) for row in await _ANSWER.rows(connection, parameters)]


async def enqueue(
    connection: AsyncConnection,
    peer: UUID,
    wanted: Sequence[tuple[UUID, UUID | None, str, int | None, int]],
    *,
    sequence: int,
) -> list[UUID]:
    """Queue (item, list, operation, version there, version here as it was seen) anew; the items that were queued."""
    items, lists, operations, versions, seen = zip(*wanted, strict=True) if wanted else ((), (), (), (), ())
    given = {"peer": peer, "items": items, "lists": lists, "operations": operations, "versions": versions}
    return await _ENQUEUE.values(connection, given | {"seen": seen, "sequence": sequence})


async def page(
    connection: AsyncConnection, peer: UUID, state: str, *, after: tuple[UUID, int], limit: int
) -> list[Row]:
    """Rows in a state, by item and version."""
    given = {"peer": peer, "state": state, "item": after[0], "version": after[1], "limit": limit}
    return await _PAGE.rows(connection, given)
