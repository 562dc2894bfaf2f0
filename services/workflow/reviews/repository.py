"""SQL of reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# A statement of its own, so that the next sees what the batch before has brought.
_TAKE_TURNS = Statement(
    "SELECT count(pg_advisory_xact_lock(hashtextextended('workflow/reviews/' || CAST(:client AS text), 0)))"
)
_KNOWN = Statement(
    """
    SELECT v.number, v.id, v.complaint_id FROM qingdan.review AS v
    WHERE v.client_id = :client AND v.number = ANY(CAST(:numbers AS text[]))
    """
)
# The complaint of a bad one may have been registered by hand before the platform told of it.
_ADD = Statement(
    """
    INSERT INTO qingdan.review (id, client_id, number, region_code, organ_id, item_id, record_number, rating, subject,
                                text, reviewed_at, received_at, complaint_id)
    SELECT g.id, :client, g.number, g.region_code, g.organ_id, g.item_id, g.record_number, g.rating, g.subject,
           g.text, g.reviewed_at, :now, x.id
    FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(
        id uuid, number text, region_code text, organ_id uuid, item_id uuid, record_number text, rating smallint,
        subject text, text text, reviewed_at timestamptz)
    LEFT JOIN qingdan.complaint AS x
      ON g.rating < :worst_fine AND x.region_code = g.region_code AND x.source = :source AND x.reference = g.number
    RETURNING number, id, complaint_id
    """
)
_PAGE = Statement(
    """
    SELECT v.* FROM qingdan.review AS v
    JOIN qingdan.catalog_region_v1 AS r ON r.code = v.region_code
    WHERE (r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:organ AS uuid) IS NULL OR v.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR v.item_id = CAST(:item AS uuid))
      AND (CAST(:most AS smallint) IS NULL OR v.rating <= CAST(:most AS smallint))
      AND (CAST(:after AS uuid) IS NULL OR v.id < CAST(:after AS uuid))
    ORDER BY v.id DESC LIMIT :limit
    """
)


async def take_turns(connection: AsyncConnection, client_id: UUID) -> None:
    """Wait until no other batch of the platform is being taken; until the transaction ends."""
    await _TAKE_TURNS.rows(connection, {"client": str(client_id)})


async def known(connection: AsyncConnection, client_id: UUID, numbers: Sequence[str]) -> dict[str, Row]:
    """Reviews of a platform that are here already: id, complaint_id."""
    rows = await _KNOWN.rows(connection, {"client": client_id, "numbers": list(numbers)})
    return {row.number: row for row in rows}


async def add(
    connection: AsyncConnection,
    client_id: UUID,
    given: Sequence[Mapping[str, Any]],
    *,
    source: str,
    worst_fine: int,
    now: datetime,
) -> dict[str, Row]:
    """Keep reviews, the bad ones with their complaints, which are there already; id and complaint_id by number."""
    parameters = {"client": client_id, "given": orjson.dumps(list(given), default=str).decode(), "now": now}
    rows = await _ADD.rows(connection, parameters | {"source": source, "worst_fine": worst_fine})
    return {row.number: row for row in rows}


async def page(connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int) -> list[Row]:
    """Reviews of a region and all below it, the newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"after": after, "limit": limit})
