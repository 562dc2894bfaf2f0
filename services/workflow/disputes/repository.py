"""SQL of disputes about what was fed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COLUMNS = """d.id, d.adjustment_id, d.region_code, d.organ_id, d.question, d.state, d.consultation, d.decision,
    d.ruling, d.opened_by, d.opened_at, d.settled_at,
    (SELECT jsonb_agg(jsonb_build_object('item_id', e.item_id, 'element', e.element, 'opinion', e.opinion)
                      ORDER BY e.item_id, e.element)
     FROM qingdan.disputed_element AS e WHERE e.dispute_id = d.id) AS elements"""
_ADD = Statement(
    """
    WITH opened AS (
        INSERT INTO qingdan.feedback_dispute (id, adjustment_id, region_code, organ_id, question, state, opened_by,
                                              opened_at)
        VALUES (:id, :adjustment_id, :region_code, :organ_id, :question, 'consulting', :opened_by, :opened_at)
        RETURNING id
    )
    INSERT INTO qingdan.disputed_element (dispute_id, item_id, element, opinion)
    SELECT o.id, n.item_id, n.element, n.opinion
    FROM opened AS o
    CROSS JOIN jsonb_to_recordset(CAST(:elements AS jsonb)) AS n(item_id uuid, element text, opinion text)
    """
)
_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.feedback_dispute AS d WHERE d.id = :id")
_OF = Statement(
    f"SELECT {_COLUMNS} FROM qingdan.feedback_dispute AS d WHERE d.adjustment_id = :adjustment_id ORDER BY d.id"
)
_OPEN_STEPS = Statement(
    """
    SELECT d.id FROM qingdan.feedback_dispute AS d
    WHERE d.adjustment_id = :adjustment_id AND d.state IN ('consulting', 'escalated')
    """
)
_MOVE = Statement(
    """
    UPDATE qingdan.feedback_dispute
    SET state = :state, consultation = coalesce(CAST(:consultation AS jsonb), consultation),
        decision = CAST(:decision AS jsonb), ruling = CAST(:ruling AS text),
        settled_at = CAST(:settled_at AS timestamptz)
    WHERE id = :id
    """
)
_VOID = Statement(
    """
    UPDATE qingdan.feedback_dispute SET state = 'void'
    WHERE adjustment_id = :adjustment_id AND state IN ('consulting', 'escalated')
    """
)
# Elements that other disputes keep as they are, of this service and of the catalog; whoever does more than modify an
# entry touches all of it.
_LOCKS = Statement(
    """
    SELECT c.number, l.element, l.question, l.dispute_id
    FROM qingdan.change AS c
    JOIN (
        SELECT e.item_id, e.element, d.question, d.id AS dispute_id, d.adjustment_id
        FROM qingdan.disputed_element AS e
        JOIN qingdan.feedback_dispute AS d ON d.id = e.dispute_id AND d.state IN ('consulting', 'escalated')
        UNION ALL
        SELECT s.item_id, s.element, s.question, s.dispute_id, NULL FROM qingdan.catalog_disputed_element_v1 AS s
    ) AS l ON l.item_id = c.item_id
    WHERE c.adjustment_id = :adjustment_id AND coalesce(c.outcome, 'conflict') = 'conflict'
      AND l.adjustment_id IS DISTINCT FROM c.adjustment_id
      AND (c.operation <> 'modify' OR jsonb_exists(c.proposed, l.element))
    ORDER BY c.number, l.element
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Open a dispute and lock its elements."""
    await _ADD.rows(connection, {**values, "elements": orjson.dumps(values["elements"], default=str).decode()})


async def find(connection: AsyncConnection, dispute_id: UUID) -> Row | None:
    """One dispute with its elements. Whoever changes it holds its adjustment."""
    return await _FIND.row(connection, {"id": dispute_id})


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The disputes of an adjustment, the first one first."""
    return await _OF.rows(connection, {"adjustment_id": adjustment_id})


async def open_steps(connection: AsyncConnection, adjustment_id: UUID) -> set[UUID]:
    """The steps of an adjustment that wait for a dispute to be settled."""
    return set(await _OPEN_STEPS.values(connection, {"adjustment_id": adjustment_id}))


async def move(
    connection: AsyncConnection,
    dispute_id: UUID,
    state: str,
    *,
    consultation: dict[str, Any] | None = None,
    decision: dict[str, Any] | None = None,
    ruling: str | None = None,
    settled_at: datetime | None = None,
) -> None:
    """Note what a consultation or the government has brought."""
    given = {"id": dispute_id, "state": state, "ruling": ruling, "settled_at": settled_at}
    written = {"consultation": consultation, "decision": decision}
    stored = {name: None if value is None else orjson.dumps(value).decode() for name, value in written.items()}
    await _MOVE.rows(connection, given | stored)


async def void(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """The adjustment has gone back or is withdrawn: there is nothing to settle any more."""
    await _VOID.rows(connection, {"adjustment_id": adjustment_id})


async def locks(connection: AsyncConnection, adjustment_id: UUID) -> Sequence[Row]:
    """What an adjustment changes although a dispute locks it: number, element, question, dispute_id."""
    return await _LOCKS.rows(connection, {"adjustment_id": adjustment_id})
