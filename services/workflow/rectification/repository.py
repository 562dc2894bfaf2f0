"""SQL of rectification orders. An order's task and clock have its id: the due date is the clock's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# What an order can be about: where it belongs, who answers, and whether it still calls for one.
_SUBJECTS = {
    "finding": Statement(
        """
        SELECT f.region_code, i.implementing_body AS organ_id, f.item_id, left(f.message, 150) AS title,
               f.state = 'open' AS open, NULL AS verdict
        FROM qingdan.catalog_finding_v1 AS f JOIN qingdan.catalog_item_v1 AS i ON i.id = f.item_id WHERE f.id = :id
        """
    ),
    "suspect": Statement(
        """
        SELECT s.region_code, i.implementing_body AS organ_id, s.item_id, left(s.name, 150) AS title,
               s.state <> 'gone' AS open, s.verdict
        FROM qingdan.catalog_suspect_v1 AS s LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = s.item_id WHERE s.id = :id
        """
    ),
    "violation": Statement(
        """
        SELECT v.region_code, v.organ_id, v.item_id, h.number || ' ' || left(h.name, 100) AS title,
               v.state = 'open' AS open, NULL AS verdict
        FROM qingdan.violation AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id WHERE v.id = :id
        """
    ),
    "complaint": Statement(
        """
        SELECT x.region_code, x.organ_id, x.item_id, coalesce(x.reference, CAST(x.id AS text)) AS title,
               x.outcome IS DISTINCT FROM 'unfounded' AS open, NULL AS verdict
        FROM qingdan.complaint AS x WHERE x.id = :id
        """
    ),
}
_ADD = Statement(
    """
    INSERT INTO qingdan.rectification_order (id, subject, number, region_code, organ_id, item_id, base, title,
                                             requirement, remedy, severity, history, issued_by, issued_at, due_at)
    SELECT g.id, g.subject, g.number, g.region_code, g.organ_id, g.item_id, g.base, g.title, g.requirement, g.remedy,
           g.severity, g.history, :actor, :now, g.due_at
    FROM jsonb_to_recordset(CAST(:orders AS jsonb)) AS g(
        id uuid, subject text, number text, region_code text, organ_id uuid, item_id uuid, base jsonb, title text,
        requirement text, remedy text, severity text, history jsonb, due_at timestamptz)
    ON CONFLICT (subject) WHERE state IN ('issued', 'reported') DO NOTHING
    RETURNING id
    """
)
_COLUMNS = """o.id, o.subject, o.number, o.region_code, o.organ_id, o.item_id, o.base, o.title, o.requirement, o.remedy,
    o.severity, o.state, o.escalation, o.adjustment_id, o.evidence, o.measures, o.history, o.issued_by, o.issued_at,
    coalesce(c.due_at, o.due_at) AS due_at, o.reported_at, o.closed_at, o.version,
    array_prepend(r.code, r.ancestors) AS chain, g.name AS organ_name, w.code AS organ_region,
    array_prepend(w.code, w.ancestors) AS organ_chain
    FROM qingdan.rectification_order AS o
    JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS g ON g.id = o.organ_id
    JOIN qingdan.catalog_region_v1 AS w ON w.code = coalesce(g.region_code, o.region_code)
    LEFT JOIN qingdan.clock AS c ON c.id = o.id"""
_FIND = Statement(f"SELECT {_COLUMNS} WHERE o.id = :id")
_LOCK = Statement(f"SELECT {_COLUMNS} WHERE o.id = :id FOR UPDATE OF o")
_LATE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND o.state IN ('issued', 'reported')
    ORDER BY o.id FOR UPDATE OF o
    """
)
# What superiors have ordered organs of a region to do is the region's as well.
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE (r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)]
           OR w.code = :region OR w.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:organ AS uuid) IS NULL OR o.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR o.item_id = CAST(:item AS uuid))
      AND (CAST(:state AS text) IS NULL OR o.state = CAST(:state AS text))
      AND (CAST(:severity AS text) IS NULL OR o.severity = CAST(:severity AS text))
      AND (CAST(:origin AS text) IS NULL OR o.subject LIKE CAST(:origin AS text) || '/%')
      AND (CAST(:inspection AS uuid) IS NULL OR o.subject = ANY(ARRAY(
               SELECT 'inspection/' || i.id || '/' || n
               FROM qingdan.inspection AS i CROSS JOIN generate_series(1, i.findings) AS n
               WHERE i.id = CAST(:inspection AS uuid))))
      AND (CAST(:escalated AS boolean) IS NULL OR CAST(:escalated AS boolean) = (o.escalation > 0))
      AND (CAST(:overdue AS boolean) IS NULL OR CAST(:overdue AS boolean)
           = (o.state = 'issued' AND coalesce(c.due_at, o.due_at) < CAST(:now AS timestamptz)))
      AND (CAST(:after AS uuid) IS NULL OR o.id < CAST(:after AS uuid))
    ORDER BY o.id DESC LIMIT :limit
    """
)
_SAVE = Statement(
    """
    UPDATE qingdan.rectification_order AS o
    SET state = g.state, escalation = g.escalation, adjustment_id = g.adjustment_id, evidence = g.evidence,
        measures = g.measures, history = g.history, due_at = g.due_at, reported_at = g.reported_at,
        closed_at = g.closed_at, version = o.version + 1
    FROM jsonb_to_recordset(CAST(:orders AS jsonb)) AS g(
        id uuid, state text, escalation int, adjustment_id uuid, evidence jsonb, measures jsonb, history jsonb,
        due_at timestamptz, reported_at timestamptz, closed_at timestamptz)
    WHERE o.id = g.id
    """
)
_ADJUSTMENT = Statement(
    "SELECT a.state, a.organ_id, a.participants FROM qingdan.adjustment AS a WHERE a.id = CAST(:id AS uuid)"
)


async def subject(connection: AsyncConnection, origin: str, id_: UUID) -> Row | None:
    """What an order is to be about: region_code, organ_id, item_id, title, open, verdict."""
    return await _SUBJECTS[origin].row(connection, {"id": id_})


async def add(
    connection: AsyncConnection, orders: Sequence[Mapping[str, Any]], *, actor: str, now: datetime
) -> list[UUID]:
    """Store orders; the ids of those stored: one that is open already for the same matter is not issued again."""
    given = {"orders": orjson.dumps(list(orders), default=str).decode(), "actor": actor, "now": now}
    return await _ADD.values(connection, given)


async def find(connection: AsyncConnection, order_id: UUID, *, lock: bool = False) -> Row | None:
    """An order with the regions above its own as `chain`, and its organ's name, region and `organ_chain`.

    An organ lies in the region that supervises, or below it.
    """
    return await (_LOCK if lock else _FIND).row(connection, {"id": order_id})


async def late(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Row]:
    """Those of these orders that are still to be done, locked."""
    return await _LATE.rows(connection, {"ids": list(ids)})


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, now: datetime, after: UUID | None, limit: int
) -> list[Row]:
    """Orders of a region and all below it, the newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"now": now, "after": after, "limit": limit})


async def save(connection: AsyncConnection, orders: Sequence[Mapping[str, Any]]) -> None:
    """Write orders that are locked, each as a whole."""
    await _SAVE.rows(connection, {"orders": orjson.dumps(list(orders), default=str).decode()})


async def adjustment(connection: AsyncConnection, adjustment_id: UUID) -> Row | None:
    """State and organs of an adjustment."""
    return await _ADJUSTMENT.row(connection, {"id": adjustment_id})
