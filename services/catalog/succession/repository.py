"""All SQL of succession."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many
from shared.schema.catalog import item, organ

# Reforms follow one another: the answer goes on to those who are there today. UNION ends at what was seen before.
_ORGANS = text(
    """
    WITH RECURSIVE heir AS (
        SELECT s.organ_id, s.successor_id, s.kind, s.since FROM qingdan.organ_successor AS s
        WHERE s.organ_id = :organ_id
        UNION
        SELECT s.organ_id, s.successor_id, s.kind, s.since
        FROM heir AS h JOIN qingdan.organ_successor AS s ON s.organ_id = h.successor_id
    )
    SELECT h.organ_id, h.successor_id, o.name, o.state, h.kind, h.since
    FROM heir AS h JOIN qingdan.organ AS o ON o.id = h.successor_id
    ORDER BY h.since, o.name, h.successor_id
    """
)
# Who was named in error is an heir no more.
_RECORD_ORGANS = text(
    """
    WITH gone AS (
        DELETE FROM qingdan.organ_successor
        WHERE organ_id = :organ_id AND successor_id <> ALL (CAST(:successors AS uuid[]))
    )
    INSERT INTO qingdan.organ_successor (organ_id, successor_id, kind, since, legal_basis, recorded_by)
    SELECT :organ_id, successor_id, :kind, :since, :legal_basis, :recorded_by
    FROM unnest(CAST(:successors AS uuid[])) AS g (successor_id)
    ON CONFLICT (organ_id, successor_id) DO UPDATE
    SET kind = excluded.kind, since = excluded.since, legal_basis = excluded.legal_basis,
        recorded_by = excluded.recorded_by, recorded_at = clock_timestamp()
    """
)
_STILL_LEADS = text(
    """
    SELECT count(*) FROM (
        SELECT l.region_code, l.kind FROM qingdan.list AS l WHERE l.lead_organ_id = :organ_id
        UNION
        SELECT m.region_code, m.list_kind FROM qingdan.list_responsibility AS m WHERE m.lead_organ_id = :organ_id
    ) AS led
    """
)
_REGIONS = text(
    """
    WITH RECURSIVE heir AS (
        SELECT s.code, s.successor_code, s.kind, s.since FROM qingdan.region_successor AS s WHERE s.code = :code
        UNION
        SELECT s.code, s.successor_code, s.kind, s.since
        FROM heir AS h JOIN qingdan.region_successor AS s ON s.code = h.successor_code
    )
    SELECT h.code, h.successor_code, r.name, h.kind, h.since
    FROM heir AS h JOIN qingdan.region AS r ON r.code = h.successor_code
    ORDER BY h.since, h.successor_code
    """
)
_RECORD_REGIONS = text(
    """
    INSERT INTO qingdan.region_successor AS s (code, successor_code, kind, since, legal_basis, recorded_by)
    SELECT g.code, g.successor_code, g.kind, g.since, :legal_basis, :recorded_by
    FROM unnest(CAST(:codes AS text[]), CAST(:successor_codes AS text[]), CAST(:kinds AS text[]),
                CAST(:dates AS date[])) AS g (code, successor_code, kind, since)
    ON CONFLICT (code, successor_code) DO UPDATE
    SET kind = excluded.kind, since = excluded.since, legal_basis = excluded.legal_basis,
        recorded_by = excluded.recorded_by, recorded_at = clock_timestamp()
    WHERE (s.kind, s.since) IS DISTINCT FROM (excluded.kind, excluded.since)
    RETURNING s.code
    """
)


async def of_organ(connection: AsyncConnection, organ_id: UUID) -> list[Record]:
    """Successors of an organ and theirs in turn, in the order of time."""
    return many(await connection.execute(_ORGANS, {"organ_id": organ_id}))


async def still_implements(connection: AsyncConnection, organ_id: UUID) -> int:
    """How many entries that are not cancelled name the organ as implementing body."""
    statement = select(func.count()).where(item.c.implementing_body == organ_id, item.c.state != "cancelled")
    return int((await connection.execute(statement)).scalar_one())


async def still_leads(connection: AsyncConnection, organ_id: UUID) -> int:
    """How many lists the organ leads, by the lists or by the responsibility matrix."""
    return int((await connection.execute(_STILL_LEADS, {"organ_id": organ_id})).scalar_one())


async def record_organs(
    connection: AsyncConnection, organ_id: UUID, successors: Sequence[UUID], values: dict[str, Any]
) -> None:
    """Keep the successors of an organ, in place of those that were named before."""
    await connection.execute(_RECORD_ORGANS, {"organ_id": organ_id, "successors": list(successors), **values})


async def abolish(connection: AsyncConnection, organ_id: UUID) -> None:
    """The organ is no more."""
    ended = update(organ).where(organ.c.id == organ_id)
    await connection.execute(ended.values(state="abolished", version=organ.c.version + 1))


async def of_region(connection: AsyncConnection, code: str) -> list[Record]:
    """Successors of a region code and theirs in turn, in the order of time."""
    return many(await connection.execute(_REGIONS, {"code": code}))


async def record_regions(
    connection: AsyncConnection, rows: Sequence[tuple[str, str, str, date]], values: dict[str, Any]
) -> int:
    """Keep successors of region codes; how many of them are new or say something else than before."""
    codes, successor_codes, kinds, dates = (list(column) for column in zip(*rows, strict=True))
    given = {"codes": codes, "successor_codes": successor_codes, "kinds": kinds, "dates": dates, **values}
    return len((await connection.execute(_RECORD_REGIONS, given)).all())
