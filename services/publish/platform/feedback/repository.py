"""SQL of the feedback: messages are kept, matched to the rows they are about or not, and reject what they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.platform.rows.repository import Answered
from services.publish.platform.rules import Feedback, row_named
from shared.statement import Row, Statement

# A row whose verdict is still on its way is rejected when that arrives. A version that a newer accepted one has
# replaced is marked, but nobody is asked to correct it.
_SAVE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT DISTINCT ON (g.feedback_id) g.* FROM unnest(
            CAST(:ids AS text[]), CAST(:guids AS text[]), CAST(:batches AS text[]), CAST(:types AS text[]),
            CAST(:remarks AS text[]), CAST(:tables AS text[]), CAST(:rows AS uuid[]))
            AS g (feedback_id, row_guid, batch, err_type, remark, table_name, named)
    ), matched AS MATERIALIZED (
        SELECT g.*, k.item_id, k.task_version
        FROM given AS g
        LEFT JOIN qingdan.peer_row AS k ON k.peer_id = :peer AND k.row_guid = g.named
    ), kept AS (
        INSERT INTO qingdan.peer_feedback (peer_id, feedback_id, row_guid, batch, err_type, remark, table_name,
                                           item_id, task_version, received_at)
        SELECT :peer, m.feedback_id, lower(m.row_guid), m.batch, m.err_type, m.remark, m.table_name, m.item_id,
               m.task_version, :now
        FROM matched AS m ON CONFLICT (peer_id, feedback_id) DO NOTHING
        RETURNING item_id, task_version, err_type, remark
    ), told AS MATERIALIZED (
        SELECT DISTINCT ON (item_id, task_version) * FROM kept WHERE item_id IS NOT NULL
        ORDER BY item_id, task_version, err_type
    ), rejected AS (
        UPDATE qingdan.peer_row AS k
        SET state = 'rejected', err_type = t.err_type, remark = nullif(t.remark, ''), answered_at = :now
        FROM told AS t
        WHERE k.peer_id = :peer AND k.item_id = t.item_id AND k.task_version = t.task_version AND k.state = 'accepted'
        RETURNING k.item_id, k.task_version, k.list_id, k.state, k.err_type
    )
    SELECT r.item_id, r.list_id, r.state, r.err_type, l.kind AS list_kind, l.region_code
    FROM rejected AS r LEFT JOIN qingdan.published_list AS l ON l.list_id = r.list_id
    WHERE NOT EXISTS (
        SELECT FROM qingdan.peer_row AS n WHERE n.peer_id = :peer AND n.item_id = r.item_id
          AND n.task_version > r.task_version AND n.state = 'accepted')
    ORDER BY r.list_id, r.item_id
    """
)
_PAGE = Statement(
    """
    SELECT feedback_id, row_guid, batch, err_type, remark, table_name, item_id, task_version, received_at
    FROM qingdan.peer_feedback
    WHERE peer_id = :peer AND (NOT :unmatched OR item_id IS NULL) AND feedback_id > :after
    ORDER BY feedback_id LIMIT :limit
    """
)


async def save(connection: AsyncConnection, peer: UUID, messages: Sequence[Feedback], now: datetime) -> list[Answered]:
    """Keep messages, each once; the rows that are rejected by them."""
    given = {
        "peer": peer, "now": now,
        "ids": [one.feedback_id for one in messages], "guids": [one.row_guid for one in messages],
        "batches": [one.batch for one in messages], "types": [one.err_type for one in messages],
        "remarks": [one.remark for one in messages], "tables": [one.table_name for one in messages],
        "rows": [row_named(one.row_guid) for one in messages],
    }  # fmt: skip
    return [Answered(*row) for row in await _SAVE.rows(connection, given)]


async def page(connection: AsyncConnection, peer: UUID, *, unmatched: bool, after: str, limit: int) -> list[Row]:
    """Messages by their id; `unmatched`: only those about rows that are not ours."""
    return await _PAGE.rows(connection, {"peer": peer, "unmatched": unmatched, "after": after, "limit": limit})
