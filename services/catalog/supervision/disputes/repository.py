"""SQL of the disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import supervision_dispute
from shared.statement import Row, Statement


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Open a dispute; None when one is open about the item."""
    statement = insert(supervision_dispute).values(**values).on_conflict_do_nothing().returning(supervision_dispute)
    return one_or_none(await connection.execute(statement))


async def find(connection: AsyncConnection, dispute_id: UUID, *, lock: bool = False) -> Record | None:
    """One dispute."""
    statement = select(supervision_dispute).where(supervision_dispute.c.id == dispute_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def close(connection: AsyncConnection, dispute_id: UUID, values: Mapping[str, Any]) -> Record:
    """Note the decision."""
    statement = (
        update(supervision_dispute)
        .where(supervision_dispute.c.id == dispute_id)
        .values(state="decided", **values)
        .returning(supervision_dispute)
    )
    return one(await connection.execute(statement))


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Record]:
    """Disputes by age; `filters` are column values."""
    statement = select(supervision_dispute).where(*matching(supervision_dispute, filters))
    if after is not None:
        statement = statement.where(supervision_dispute.c.id > after)
    return many(await connection.execute(statement.order_by(supervision_dispute.c.id).limit(limit)))


async def open_about(connection: AsyncConnection, item_ids: Sequence[UUID]) -> dict[UUID, Record]:
    """Open disputes by the item they are about."""
    statement = select(supervision_dispute).where(
        supervision_dispute.c.item_id.in_(list(item_ids)), supervision_dispute.c.state == "open"
    )
    return {row["item_id"]: row for row in many(await connection.execute(statement))}


# A dispute about who supervises, or one of the workflow service about what was fed back (ZZ-53).
_OF_DRAFTS = Statement(
    """
    SELECT p.id, p.question, d.id AS draft_id, false AS feedback
    FROM qingdan.draft AS d
    JOIN qingdan.supervision_dispute AS p ON p.item_id = d.item_id AND p.state = 'open'
    WHERE d.id = ANY (CAST(:drafts AS uuid[])) AND jsonb_exists_any(d.elements, CAST(:locked AS text[]))
    UNION ALL
    SELECT e.dispute_id, e.question, d.id, true
    FROM qingdan.draft AS d
    JOIN qingdan.workflow_disputed_element_v1 AS e ON e.item_id = d.item_id
    WHERE d.id = ANY (CAST(:drafts AS uuid[])) AND jsonb_exists(d.elements, e.element)
    ORDER BY draft_id
    """
)
_OF_ENTRY = Statement(
    """
    SELECT e.dispute_id AS id, e.question FROM qingdan.workflow_disputed_element_v1 AS e
    WHERE e.item_id = :item_id AND e.element = ANY (CAST(:elements AS text[]))
    ORDER BY e.dispute_id LIMIT 1
    """
)


async def of_feedback(connection: AsyncConnection, item_id: UUID, elements: Sequence[str]) -> Row | None:
    """The dispute about what was fed back that keeps one of these elements as it is."""
    return await _OF_ENTRY.row(connection, {"item_id": item_id, "elements": list(elements)})


async def locking(connection: AsyncConnection, drafts: Sequence[UUID], locked: Sequence[str]) -> Sequence[Row]:
    """Open disputes that keep drafts from being accepted, since these propose an element in dispute."""
    return await _OF_DRAFTS.rows(connection, {"drafts": list(drafts), "locked": list(locked)})
