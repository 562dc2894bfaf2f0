"""SQL of the cascade ledger and of the provenance of elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

_ADD = Statement(
    """
    INSERT INTO qingdan.cascade_ledger AS c (adjustment_id, list_id, rule, touched, unchanged, waiting, failed,
        error, first_at, last_at)
    SELECT g.*, CAST(:at AS timestamptz), CAST(:at AS timestamptz)
    FROM unnest(CAST(:adjustment_id AS uuid[]), CAST(:list_id AS uuid[]), CAST(:rule AS text[]),
        CAST(:touched AS integer[]), CAST(:unchanged AS integer[]), CAST(:waiting AS integer[]),
        CAST(:failed AS integer[]), CAST(:error AS text[])) AS g
    ON CONFLICT (adjustment_id, list_id, rule) DO UPDATE
    SET touched = c.touched + excluded.touched, unchanged = c.unchanged + excluded.unchanged,
        waiting = greatest(c.waiting + excluded.waiting, 0), failed = c.failed + excluded.failed,
        error = coalesce(excluded.error, c.error), last_at = excluded.last_at
    """
)


async def add_to_ledger(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Add counts to cascade ledgers; rows as `rules.ledger_row` makes them."""
    if not rows:
        return
    names = ("adjustment_id", "list_id", "rule", "touched", "unchanged", "waiting", "failed", "error")
    await _ADD.rows(connection, {name: [row.get(name) for row in rows] for name in names} | {"at": at})


async def lists_reached(connection: AsyncConnection, kind: str, regions: Sequence[str]) -> Sequence[Row[Any]]:
    """Lists of a kind in regions: what a failed rule left behind."""
    rows = await connection.execute(
        text(
            "SELECT id, region_code FROM qingdan.list"
            " WHERE kind = :kind AND region_code = ANY (CAST(:regions AS text[]))"
        ),
        {"kind": kind, "regions": list(regions)},
    )
    return rows.all()


async def ledger_of(connection: AsyncConnection, adjustment_id: UUID) -> Sequence[Row[Any]]:
    """The cascade ledger of an adjustment, with the lists' kinds, regions and titles."""
    rows = await connection.execute(
        text(
            """
            SELECT c.list_id, c.rule, c.touched, c.unchanged, c.waiting, c.failed, c.error, c.first_at, c.last_at,
                   l.kind, l.region_code, l.title
            FROM qingdan.cascade_ledger AS c JOIN qingdan.list AS l ON l.id = c.list_id
            WHERE c.adjustment_id = :id ORDER BY l.kind, c.rule, c.list_id
            """
        ),
        {"id": adjustment_id},
    )
    return rows.all()


async def left_open(connection: AsyncConnection, adjustment_id: UUID) -> tuple[int, int]:
    """Open drafts and open findings that go back to an adjustment."""
    row = (
        await connection.execute(
            text(
                """
                SELECT (SELECT count(*) FROM qingdan.draft WHERE adjustment_id = :id AND state = 'open') AS drafts,
                       (SELECT count(*) FROM qingdan.finding WHERE adjustment_id = :id AND state = 'open') AS findings
                """
            ),
            {"id": adjustment_id},
        )
    ).one()
    return row.drafts, row.findings


async def provenance(connection: AsyncConnection, item_id: UUID, element: str) -> Row[Any] | None:
    """The version that gave an element its present value, and the entry it follows; None when it never had one."""
    return (
        await connection.execute(
            text(
                """
                SELECT i.id AS item_id, n.elements -> :element AS value, v.number, v.effective_from, v.operation,
                       v.adjustment_id, v.rule_set, v.provenance -> :element ->> 'rule' AS rule,
                       CAST(v.provenance -> :element ->> 'version' AS integer) AS source_version,
                       s.id AS source_id, s.name AS source_name, s.list_id AS source_list, s.kind AS source_kind,
                       s.region_code AS source_region, l.title AS source_title, o.elements AS source_elements,
                       CAST(rs.rules AS text) AS rules
                FROM qingdan.item AS i
                JOIN qingdan.item_version AS n ON n.item_id = i.id AND n.number = i.version
                JOIN LATERAL (
                    SELECT * FROM qingdan.item_version AS v
                    WHERE v.item_id = i.id AND :element = ANY (v.changed) ORDER BY v.number DESC LIMIT 1
                ) AS v ON true
                LEFT JOIN qingdan.item AS s ON s.id = CAST(v.provenance -> :element ->> 'item' AS uuid)
                LEFT JOIN qingdan.list AS l ON l.id = s.list_id
                LEFT JOIN qingdan.item_version AS o
                  ON o.item_id = s.id AND o.number = CAST(v.provenance -> :element ->> 'version' AS integer)
                LEFT JOIN qingdan.rule_set AS rs ON rs.version = v.rule_set
                WHERE i.id = :item_id
                """
            ),
            {"item_id": item_id, "element": element},
        )
    ).one_or_none()
