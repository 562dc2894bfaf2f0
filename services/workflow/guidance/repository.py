"""SQL of guidance records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.obligations.repository import Reader
from shared.statement import Row, Statement

_INSERT = Statement(
    """
    INSERT INTO qingdan.guidance_record (id, organ_id, region_codes, list_kinds, method, held_on, content, recorded_by,
                                         recorded_at)
    VALUES (:id, :organ_id, CAST(:region_codes AS text[]), CAST(:list_kinds AS text[]), :method, :held_on, :content,
            :actor, :now)
    """
)
_SHOWN = """SELECT g.id, g.organ_id, n.name AS organ_name, g.region_codes, g.list_kinds, g.method, g.held_on, g.content,
       g.recorded_by, g.recorded_at
FROM qingdan.guidance_record AS g
JOIN qingdan.catalog_organ_v1 AS n ON n.id = g.organ_id
JOIN qingdan.catalog_region_v1 AS r ON r.code = n.region_code"""
# Read by the organ, by whoever works where the organ is or above, where it guided, or between the two.
_SEEN = """(CAST(:everywhere AS boolean) OR g.organ_id = ANY (CAST(:organs AS uuid[]))
    OR r.code = ANY (CAST(:places AS text[])) OR r.ancestors && CAST(:places AS text[])
    OR g.region_codes && CAST(:places AS text[])
    OR EXISTS (SELECT FROM qingdan.catalog_region_v1 AS p
               WHERE p.code = ANY (g.region_codes) AND p.ancestors && CAST(:places AS text[])))"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_SEEN} AND (CAST(:organ_id AS uuid) IS NULL OR g.organ_id = CAST(:organ_id AS uuid))
      AND (CAST(:region_code AS text) IS NULL OR g.region_codes @> ARRAY[CAST(:region_code AS text)])
      AND (CAST(:list_kind AS text) IS NULL OR :list_kind = ANY (g.list_kinds))
      AND (CAST(:before AS uuid) IS NULL OR g.id < CAST(:before AS uuid))
    ORDER BY g.id DESC LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE g.id = :id AND {_SEEN}")
_BELOW = Statement(
    """
    SELECT r.code FROM qingdan.catalog_region_v1 AS r
    WHERE r.code = ANY (CAST(:codes AS text[])) AND CAST(:region_code AS text) = ANY (r.ancestors)
    """
)


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a record."""
    await _INSERT.rows(connection, values)


async def page(
    connection: AsyncConnection, reader: Reader, *, organ_id: UUID | None, region_code: str | None,
    list_kind: str | None, before: UUID | None, limit: int,
) -> list[Row]:  # fmt: skip
    """Records somebody may read, the newest first."""
    given = {"organ_id": organ_id, "region_code": region_code, "list_kind": list_kind, "before": before, "limit": limit}
    return await _PAGE.rows(connection, given | reader.given())


async def find(connection: AsyncConnection, record_id: UUID, reader: Reader) -> Row | None:
    """A record somebody may read."""
    return await _FIND.row(connection, reader.given() | {"id": record_id})


async def below(connection: AsyncConnection, codes: Sequence[str], region_code: str) -> set[str]:
    """Those of the regions that lie below one."""
    return set(await _BELOW.values(connection, {"codes": list(codes), "region_code": region_code}))
