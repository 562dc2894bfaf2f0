"""SQL of submissions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# The digest is of what is handed over: entries, proposed values and successors in the order of the changes.
_RECORD = Statement(
    """
    INSERT INTO qingdan.submission (adjustment_id, number, receipt_number, organ_id, content_hash, list_kinds,
                                    submitted_by, submitted_at, paper_copy)
    VALUES (CAST(:adjustment_id AS uuid), :number, :receipt_number, :organ_id, encode(sha256(convert_to(coalesce((
                SELECT string_agg(concat_ws('|', c.operation, c.list_id, c.item_id, c.proposed, c.successors), chr(10)
                                  ORDER BY c.number)
                FROM qingdan.change AS c
                WHERE c.adjustment_id = CAST(:adjustment_id AS uuid)
                  AND coalesce(c.outcome, 'conflict') = 'conflict'), ''), 'UTF8')), 'hex'),
            ARRAY(SELECT DISTINCT l.kind FROM qingdan.change AS c
                  JOIN qingdan.catalog_list_v1 AS l ON l.id = c.list_id
                  WHERE c.adjustment_id = CAST(:adjustment_id AS uuid)
                    AND coalesce(c.outcome, 'conflict') = 'conflict' ORDER BY l.kind),
            :submitted_by, :now, :paper_copy)
    """
)
_OF = Statement(
    """
    SELECT number, receipt_number, organ_id, content_hash, submitted_by, submitted_at, paper_copy, paper_received_at,
           paper_received_by
    FROM qingdan.submission WHERE adjustment_id = :adjustment_id ORDER BY number
    """
)
_LIST_KINDS = Statement(
    "SELECT list_kinds FROM qingdan.submission WHERE adjustment_id = :adjustment_id AND number = :number"
)
_PAPER = Statement(
    """
    UPDATE qingdan.submission SET paper_copy = true, paper_received_at = :now, paper_received_by = :actor
    WHERE adjustment_id = :adjustment_id AND number = :number AND paper_received_at IS NULL
    RETURNING number
    """
)


async def record(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Keep what was handed over: adjustment, number, receipt, department, by whom, when, with paper or without."""
    await _RECORD.rows(connection, values)


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The receipts of an adjustment, the first submission first."""
    return await _OF.rows(connection, {"adjustment_id": adjustment_id})


async def list_kinds(connection: AsyncConnection, adjustment_id: UUID, number: int) -> list[str]:
    """The kinds of the lists a submission concerned, sorted."""
    found: list[str] | None = await _LIST_KINDS.value(connection, {"adjustment_id": adjustment_id, "number": number})
    return found or []


async def note_paper(
    connection: AsyncConnection, adjustment_id: UUID, number: int, *, actor: str, now: datetime
) -> bool:
    """Note that the paper copy has come; False when that is known already."""
    given = {"adjustment_id": adjustment_id, "number": number, "actor": actor, "now": now}
    return await _PAPER.row(connection, given) is not None
