"""SQL of feedback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Where a published entry stands, and how much of it waits already.
_PLACE = Statement(
    """
    SELECT p.list_id, p.version, p.organ_id, l.region_code,
           (SELECT count(*) FROM qingdan.public_feedback AS f
            WHERE f.item_id = p.item_id AND f.state = 'received') AS of_item,
           (SELECT count(*) FROM qingdan.public_feedback AS f
            WHERE f.region_code = l.region_code AND f.state = 'received') AS of_region
    FROM qingdan.published_item AS p JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    WHERE p.item_id = :item AND p.to_revision IS NULL
    ORDER BY p.list_id LIMIT 1
    """
)
_ADD = Statement(
    """
    INSERT INTO qingdan.public_feedback (id, list_id, item_id, item_version, region_code, organ_id, subject, text,
                                         receipt_hash, received_at, due_at)
    VALUES (:id, :list_id, :item_id, :item_version, :region_code, CAST(:organ_id AS uuid), :subject, :text,
            :receipt_hash, :received_at, :due_at)
    """
)
_CHAIN = """(SELECT array_prepend(r.code, r.ancestors) FROM qingdan.catalog_region_v1 AS r
             WHERE r.code = f.region_code) AS chain"""
_FIND = Statement(f"SELECT f.*, {_CHAIN} FROM qingdan.public_feedback AS f WHERE f.id = :id")
_LOCK = Statement(f"SELECT f.*, {_CHAIN} FROM qingdan.public_feedback AS f WHERE f.id = :id FOR UPDATE OF f")
_BY_RECEIPT = Statement("SELECT * FROM qingdan.public_feedback WHERE receipt_hash = :hash")
_REGION = Statement(
    "SELECT array_prepend(code, ancestors) AS chain FROM qingdan.catalog_region_v1 WHERE code = CAST(:code AS text)"
)
_SHOWN = Statement(
    """
    SELECT f.* FROM qingdan.public_feedback AS f
    WHERE f.item_id = :item AND f.shown AND (CAST(:after AS uuid) IS NULL OR f.id < CAST(:after AS uuid))
    ORDER BY f.id DESC LIMIT :limit
    """
)
_PAGE = Statement(
    """
    SELECT f.* FROM qingdan.public_feedback AS f
    WHERE (f.region_code = :region OR f.region_code IN (
            SELECT r.code FROM qingdan.catalog_region_v1 AS r WHERE r.ancestors @> ARRAY[CAST(:region AS text)]))
      AND (CAST(:organ AS uuid) IS NULL OR f.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR f.item_id = CAST(:item AS uuid))
      AND (CAST(:state AS text) IS NULL OR f.state = CAST(:state AS text))
      AND (CAST(:overdue AS boolean) IS NULL
           OR CAST(:overdue AS boolean) = (f.state = 'received' AND f.due_at < CAST(:now AS timestamptz)))
      AND (CAST(:after AS uuid) IS NULL OR f.id < CAST(:after AS uuid))
    ORDER BY f.id DESC LIMIT :limit
    """
)
_ANSWER = Statement(
    """
    UPDATE qingdan.public_feedback
    SET state = 'answered', outcome = :outcome, answer = :answer, shown = :shown, answered_by = :actor,
        answered_at = :now, version = version + 1
    WHERE id = :id
    """
)


async def place(connection: AsyncConnection, item_id: UUID) -> Row | None:
    """Where an entry is published: list, version, organ, region, and what waits: of_item, of_region."""
    return await _PLACE.row(connection, {"item": item_id})


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep feedback."""
    await _ADD.rows(connection, values)


async def find(connection: AsyncConnection, feedback_id: UUID, *, lock: bool = False) -> Row | None:
    """Feedback with its region and those above it as `chain`; locked until the transaction ends when asked for."""
    return await (_LOCK if lock else _FIND).row(connection, {"id": feedback_id})


async def by_receipt(connection: AsyncConnection, receipt_hash: bytes) -> Row | None:
    """Feedback by the hash of its receipt."""
    return await _BY_RECEIPT.row(connection, {"hash": receipt_hash})


async def chain(connection: AsyncConnection, code: str) -> list[str] | None:
    """A region and those above it; None when there is none."""
    row = await _REGION.row(connection, {"code": code})
    return list(row.chain) if row else None


async def shown(connection: AsyncConnection, item_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """What is public of an entry's feedback, newest first."""
    return await _SHOWN.rows(connection, {"item": item_id, "after": after, "limit": limit})


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, now: datetime, after: UUID | None, limit: int
) -> list[Row]:
    """Feedback of a region and those below it, newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"now": now, "after": after, "limit": limit})


async def answer(connection: AsyncConnection, feedback_id: UUID, values: Mapping[str, Any]) -> None:
    """Keep the answer: outcome, answer, shown, actor, now."""
    await _ANSWER.rows(connection, dict(values) | {"id": feedback_id})
