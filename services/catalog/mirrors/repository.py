"""SQL of mirrored lists and of what platforms reject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.mirrors.rules import DUE_DAYS, REJECTED, Received, Refusal
from shared.statement import Row, Statement

# A list becomes a mirror while it is empty, and stays one until the peer is given another list or none.
_MARK = Statement(
    """
    UPDATE qingdan.list AS l SET mirrored_from = CASE WHEN p.id IS NULL THEN NULL ELSE CAST(:peer AS uuid) END,
                                 version = l.version + 1
    FROM qingdan.list AS o LEFT JOIN qingdan.publish_peer_v1 AS p ON p.id = :peer AND p.mirror_list_id = o.id
    WHERE o.id = l.id AND (l.mirrored_from = :peer AND p.id IS NULL OR p.id IS NOT NULL AND l.mirrored_from IS NULL
          AND NOT EXISTS (SELECT FROM qingdan.item AS i WHERE i.list_id = l.id))
    RETURNING l.id, l.kind, l.region_code, l.mirrored_from
    """
)
_LIST = Statement(
    """
    SELECT l.id, l.kind, l.region_code, l.state, l.mirrored_from, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code
    WHERE l.id = :list FOR UPDATE OF l
    """
)
# Elements as text: they are compared and passed on, and the driver would read them twice.
_RECEIVED = Statement(
    """
    SELECT e.item_id, e.version, CAST(e.elements AS text) AS elements, CAST(v.elements AS text) AS current
    FROM qingdan.publish_pulled_entry_v1 AS e
    LEFT JOIN qingdan.item AS i ON i.id = e.item_id
    LEFT JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE e.peer_id = :peer AND e.item_id = ANY (CAST(:items AS uuid[])) ORDER BY e.item_id
    """
)
_REFUSE = Statement(
    """
    WITH gone AS (
        DELETE FROM qingdan.mirror_refusal
        WHERE item_id = ANY (CAST(:sound AS uuid[]))
    )
    INSERT INTO qingdan.mirror_refusal AS m (item_id, peer_id, version, element, code, message, refused_at)
    SELECT n.item_id, :peer, n.version, n.element, n.code, n.message, :now
    FROM unnest(CAST(:items AS uuid[]), CAST(:versions AS bigint[]), CAST(:elements AS text[]), CAST(:codes AS text[]),
                CAST(:messages AS text[])) AS n (item_id, version, element, code, message)
    ON CONFLICT (item_id) DO UPDATE SET version = excluded.version, element = excluded.element, code = excluded.code,
        message = excluded.message, refused_at = excluded.refused_at
    """
)
# The finding says what the platform says now: looked up, not taken from the event, so events may come again.
_SETTLE = Statement(
    """
    WITH answer AS MATERIALIZED (
        SELECT DISTINCT ON (a.item_id) a.item_id, a.task_version, a.state, a.operation,
               jsonb_strip_nulls(jsonb_build_object(
                   'version', a.task_version, 'batch', a.batch, 'err_type', a.err_type)) AS actual,
               '“' || p.name || '”退回' || coalesce('（批次' || a.batch || '）', '') || '：'
               || coalesce(a.remark, '未说明原因') || coalesce('〔' || a.err_type || '〕', '')
               || '。请更正后重新公布，系统将自动重新推送。' AS message
        FROM qingdan.publish_peer_answer_v1 AS a JOIN qingdan.publish_peer_v1 AS p ON p.id = a.peer_id
        WHERE a.peer_id = :peer AND a.item_id = ANY (CAST(:items AS uuid[]))
        ORDER BY a.item_id, a.task_version DESC
    ), wanted AS MATERIALIZED (
        SELECT a.*, i.list_id, i.kind, i.region_code, h.state AS held
        FROM answer AS a JOIN qingdan.item AS i ON i.id = a.item_id
        LEFT JOIN qingdan.finding AS h
          ON h.rule = :rule AND h.item_id = a.item_id AND h.element = :code AND h.state <> 'closed'
        WHERE a.state = 'rejected'
    ), closed AS (
        UPDATE qingdan.finding AS f SET state = 'closed', closed_at = :now
        FROM answer AS a
        WHERE a.state = 'accepted' AND f.rule = :rule AND f.item_id = a.item_id AND f.element = :code
          AND f.state <> 'closed'
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    ), opened AS (
        INSERT INTO qingdan.finding AS f (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
                                          message, opened_at, due_at)
        SELECT gen_random_uuid(), :rule, 'error', w.list_id, w.kind, w.region_code, w.item_id, :code, w.actual,
               w.message, :now, CAST(:now AS timestamptz) + CAST(:days AS integer) * interval '1 day'
        FROM wanted AS w
        ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO UPDATE
        SET actual = excluded.actual, message = excluded.message, state = 'open', waiver = NULL
        WHERE f.actual IS DISTINCT FROM excluded.actual
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    )
    SELECT 'closed' AS change, c.* FROM closed AS c
    UNION ALL
    SELECT 'opened', o.* FROM opened AS o JOIN wanted AS w ON w.item_id = o.item_id
    WHERE w.held IS DISTINCT FROM 'open'
    """
)


async def mark(connection: AsyncConnection, peer: UUID) -> list[Row]:
    """Let the peer's list, and no other, be its mirror; the lists that changed."""
    return await _MARK.rows(connection, {"peer": peer})


async def lock_list(connection: AsyncConnection, list_id: UUID) -> Row | None:
    """A list with its region and those above it, locked."""
    return await _LIST.row(connection, {"list": list_id})


async def received(connection: AsyncConnection, peer: UUID, items: Sequence[UUID]) -> list[Received]:
    """Entries as they were pulled last, beside what their mirror says."""
    rows = await _RECEIVED.rows(connection, {"peer": peer, "items": list(items)})
    read = [(row, orjson.loads(row.elements), orjson.loads(row.current) if row.current else None) for row in rows]
    return [Received(row.item_id, row.version, elements, current) for row, elements, current in read]


async def note_refusals(
    connection: AsyncConnection, peer: UUID, refused: Sequence[Refusal], sound: Sequence[UUID], now: datetime
) -> None:
    """Keep why entries could not be taken; forget it of those that now can."""
    given = {
        "peer": peer, "now": now, "sound": list(sound),
        "items": [one.item_id for one in refused], "versions": [one.version for one in refused],
        "elements": [one.element for one in refused], "codes": [one.code for one in refused],
        "messages": [one.message for one in refused],
    }  # fmt: skip
    await _REFUSE.rows(connection, given)


async def settle_rejections(
    connection: AsyncConnection, peer: UUID, code: str, items: Sequence[UUID], now: datetime
) -> list[Row]:
    """Make the findings of items agree with what a peer has answered last; what opened and closed."""
    given = {"peer": peer, "code": code, "items": list(items), "rule": REJECTED, "days": DUE_DAYS, "now": now}
    return await _SETTLE.rows(connection, given)
