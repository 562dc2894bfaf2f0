"""SQL of claims: reading, counting, and what people make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many
from shared.schema.catalog import claim_contact
from shared.statement import Row, Statement

_SHOWN = """SELECT c.*, u.name AS superior_name, u.base_code AS superior_code, u.state AS superior_state,
       u.region_code AS superior_region, o.name AS organ_name
FROM qingdan.claim AS c
JOIN qingdan.item AS u ON u.id = c.superior_item_id
LEFT JOIN qingdan.organ AS o ON o.id = c.organ_id"""

_IN = """(CAST(:region AS text) IS NULL OR c.region_code = CAST(:region AS text) OR CAST(:below AS boolean)
          AND EXISTS (SELECT FROM qingdan.region AS r
                      WHERE r.code = c.region_code AND r.ancestors @> ARRAY[CAST(:region AS text)]))
      AND (CAST(:list_kind AS text) IS NULL OR c.list_kind = CAST(:list_kind AS text))
      AND (CAST(:organ_id AS uuid) IS NULL OR c.organ_id = CAST(:organ_id AS uuid))"""

_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_IN}
      AND (CAST(:state AS text) IS NULL OR c.state = CAST(:state AS text))
      AND (CAST(:handled AS boolean) IS NULL
           OR CAST(:handled AS boolean) = (c.state IN ('claimed', 'not_applicable', 'withdrawn')
                                           AND (c.state <> 'claimed' OR c.local_item_id IS NOT NULL)))
      AND (CAST(:pending AS boolean) IS NULL
           OR CAST(:pending AS boolean) = (c.state = 'claimed' AND c.closed_at IS NULL))
      AND (CAST(:superior_item_id AS uuid) IS NULL OR c.superior_item_id = CAST(:superior_item_id AS uuid))
      AND (CAST(:after AS uuid) IS NULL OR (c.offered_at, c.id) > (CAST(:after_at AS timestamptz), :after))
    ORDER BY c.offered_at, c.id LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE c.id = :id")

_METRICS = Statement(
    f"""
    SELECT c.region_code, c.list_kind, c.organ_id, o.name AS organ_name, count(*) AS total,
           count(*) FILTER (WHERE c.state = 'offered') AS offered,
           count(*) FILTER (WHERE c.state = 'claimed') AS claimed,
           count(*) FILTER (WHERE c.state = 'claimed' AND c.closed_at IS NOT NULL) AS closed,
           count(*) FILTER (WHERE c.state = 'claimed' AND c.closed_at IS NULL) AS pending,
           count(*) FILTER (WHERE c.state = 'not_applicable') AS not_applicable,
           count(*) FILTER (WHERE c.state = 'disputed') AS disputed,
           count(*) FILTER (WHERE c.due_at < :now AND (c.state IN ('offered', 'disputed')
                                                       OR c.state = 'claimed' AND c.closed_at IS NULL)) AS overdue
    FROM qingdan.claim AS c LEFT JOIN qingdan.organ AS o ON o.id = c.organ_id
    WHERE {_IN} AND c.state <> 'withdrawn'
      AND (CAST(:after_region AS text) IS NULL OR (c.region_code, c.list_kind, coalesce(CAST(c.organ_id AS text), ''))
           > (CAST(:after_region AS text), CAST(:after_kind AS text), CAST(:after_organ AS text)))
    GROUP BY c.region_code, c.list_kind, c.organ_id, o.name
    ORDER BY c.region_code, c.list_kind, coalesce(CAST(c.organ_id AS text), '') LIMIT :limit
    """
)

# By id, or the offers of an organ; in id order, as whoever settles them locks them.
_LOCK = Statement(
    """
    SELECT c.id, c.state, c.organ_id, c.region_code, c.list_kind, c.superior_version, c.version,
           array_prepend(r.code, r.ancestors) AS chain, l.lead_organ_id, i.id IS NOT NULL AS listed,
           c.decision IS NOT NULL AS decided
    FROM qingdan.claim AS c
    JOIN qingdan.region AS r ON r.code = c.region_code
    LEFT JOIN qingdan.item AS i ON i.id = c.local_item_id AND i.state <> 'cancelled'
    LEFT JOIN qingdan.list AS l ON l.region_code = c.region_code AND l.kind = c.list_kind
    WHERE CASE WHEN CAST(:ids AS uuid[]) IS NOT NULL THEN c.id = ANY (CAST(:ids AS uuid[]))
               ELSE c.region_code = CAST(:region AS text) AND c.organ_id = CAST(:organ_id AS uuid)
                    AND (CAST(:list_kind AS text) IS NULL OR c.list_kind = CAST(:list_kind AS text))
                    AND c.state = 'offered' END
    ORDER BY c.id LIMIT :limit FOR NO KEY UPDATE OF c
    """
)

_HANDLE = Statement(
    """
    UPDATE qingdan.claim AS c
    SET state = :state, organ_id = coalesce(CAST(:organ_id AS uuid), c.organ_id), reason = CAST(:reason AS text),
        assigned_by = CASE WHEN CAST(:organ_id AS uuid) IS NULL THEN c.assigned_by ELSE 'person' END,
        confirmed_version = CASE WHEN CAST(:state AS text) = 'claimed' THEN c.superior_version END,
        missing = CASE WHEN CAST(:state AS text) = 'claimed' THEN ARRAY['local_entry'] ELSE '{}' END,
        local_item_id = NULL, closed_at = NULL, handled_at = :now, handled_by = :actor, version = c.version + 1,
        decision = coalesce(CAST(:decision AS jsonb), c.decision)
    WHERE c.id = ANY (CAST(:ids AS uuid[]))
    """
)
_DISPUTE = Statement(
    """
    UPDATE qingdan.claim AS c
    SET state = 'disputed', dispute = CAST(:dispute AS jsonb), local_item_id = NULL, missing = '{}', closed_at = NULL,
        version = c.version + 1
    WHERE c.id = :id
    """
)
# An organ claims a matter once, and is of the region, of one above that acts there, or of one below.
_ABLE = Statement(
    """
    SELECT DISTINCT ON (c.superior_item_id, c.region_code, c.list_kind) c.id
    FROM qingdan.claim AS c
    JOIN qingdan.region AS r ON r.code = c.region_code
    JOIN qingdan.organ AS g ON g.id = CAST(:organ_id AS uuid)
    JOIN qingdan.region AS h ON h.code = g.region_code
    WHERE c.id = ANY (CAST(:ids AS uuid[]))
      AND (h.code = r.code OR h.code = ANY (r.ancestors) OR r.code = ANY (h.ancestors))
      AND NOT EXISTS (SELECT FROM qingdan.claim AS o
                      WHERE o.superior_item_id = c.superior_item_id AND o.region_code = c.region_code
                        AND o.list_kind = c.list_kind AND o.organ_id = g.id AND o.id <> c.id)
    ORDER BY c.superior_item_id, c.region_code, c.list_kind, c.id
    """
)
_ASSIGN = Statement(
    """
    UPDATE qingdan.claim AS c SET organ_id = :organ_id, assigned_by = 'person', version = c.version + 1
    WHERE c.id = ANY (CAST(:ids AS uuid[]))
    """
)
_CONFIRM = Statement(
    "UPDATE qingdan.claim AS c SET confirmed_version = c.superior_version, version = c.version + 1 WHERE c.id = :id"
)

_INHERITED = Statement("SELECT * FROM qingdan.catalog_inheritance_v1 AS h WHERE h.item_id = ANY (CAST(:ids AS uuid[]))")


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Claims in the order they were offered; `filters` not named ask for nothing."""
    names = ("region", "below", "list_kind", "organ_id", "state", "handled", "pending", "superior_item_id")
    given = dict.fromkeys(names) | dict(filters) | {"limit": limit}
    at, id_ = after if after else (None, None)
    return await _PAGE.rows(connection, given | {"after_at": at, "after": id_})


async def find(connection: AsyncConnection, claim_id: UUID) -> Row | None:
    """One claim."""
    return await _FIND.row(connection, {"id": claim_id})


async def metrics(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: Sequence[str] | None, limit: int, now: datetime
) -> list[Row]:
    """Claims counted by region, kind and organ."""
    given = dict.fromkeys(("region", "below", "list_kind", "organ_id")) | dict(filters)
    region, kind, organ = after if after else (None, None, None)
    return await _METRICS.rows(
        connection,
        given | {"after_region": region, "after_kind": kind, "after_organ": organ, "limit": limit, "now": now},
    )


async def lock(
    connection: AsyncConnection,
    *,
    ids: Sequence[UUID] | None = None,
    region: str | None = None,
    list_kind: str | None = None,
    organ_id: UUID | None = None,
    limit: int,
) -> list[Row]:
    """Claims by id, or those offered to an organ in a region; with who leads their list, locked."""
    given = {"ids": list(ids) if ids is not None else None, "region": region, "list_kind": list_kind}
    return await _LOCK.rows(connection, given | {"organ_id": organ_id, "limit": limit})


async def handle(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    *,
    state: str,
    organ_id: UUID | None,
    reason: str | None,
    actor: str,
    now: datetime,
    decision: Mapping[str, Any] | None = None,
) -> None:
    """Say of claims that they are claimed, or do not apply."""
    document = orjson.dumps(decision).decode() if decision else None
    given = {"ids": list(ids), "state": state, "organ_id": organ_id, "reason": reason, "decision": document}
    await _HANDLE.rows(connection, given | {"actor": actor, "now": now})


async def dispute(connection: AsyncConnection, claim_id: UUID, document: Mapping[str, Any]) -> None:
    """A claim waits for a decision."""
    await _DISPUTE.rows(connection, {"id": claim_id, "dispute": orjson.dumps(document, default=str).decode()})


async def able(connection: AsyncConnection, ids: Sequence[UUID], organ_id: UUID) -> list[UUID]:
    """Those of the claims that can become an organ's: it is of the place, and has claimed none of these matters."""
    return await _ABLE.values(connection, {"ids": list(ids), "organ_id": organ_id})


async def assign(connection: AsyncConnection, ids: Sequence[UUID], organ_id: UUID) -> None:
    """Give offers to an organ."""
    await _ASSIGN.rows(connection, {"ids": list(ids), "organ_id": organ_id})


async def confirm(connection: AsyncConnection, claim_id: UUID) -> None:
    """The superior's specification as it is now is followed."""
    await _CONFIRM.rows(connection, {"id": claim_id})


async def add_contact(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Keep a contact with the superior, or a confirmation."""
    return many(await connection.execute(insert(claim_contact).values(**values).returning(claim_contact)))[0]


async def contacts(connection: AsyncConnection, claim_id: UUID, *, after: UUID | None, limit: int) -> list[Record]:
    """Contacts and confirmations of a claim, oldest first."""
    statement = select(claim_contact).where(claim_contact.c.claim_id == claim_id)
    if after is not None:
        statement = statement.where(claim_contact.c.id > after)
    return many(await connection.execute(statement.order_by(claim_contact.c.id).limit(limit)))


async def inherited(connection: AsyncConnection, item_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """What entries have from their superiors'; those that are not claimed from one are left out."""
    rows = await _INHERITED.rows(connection, {"ids": list(item_ids)})
    return {row.item_id: row for row in rows}
