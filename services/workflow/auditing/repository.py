"""SQL of auditing: it reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.statement import Row, Statement

# Lists that only follow a platform's catalogue are kept elsewhere.
_COVERED = Statement(
    f"""
    SELECT '{NATION}' = ANY(CAST(:places AS text[])) OR NOT EXISTS (
        SELECT FROM qingdan.catalog_list_v1 AS l JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE l.mirrored_from IS NULL AND NOT (array_prepend(r.code, r.ancestors) && CAST(:places AS text[])))
    """
)
_HEAD = Statement("SELECT position FROM qingdan.log_head WHERE id = 1")
# Events that name no region are those of the installation as a whole.
_EVENTS = Statement(
    """
    SELECT e.position, e.id, e.type, e.service, e.region_code, e.list_kind, e.list_id, e.item_ids, e.versions,
           e.elements, e.adjustment_id, e.cause_id, e.effective_at, e.recorded_at, e.actor, e.reason, e.legal_basis,
           e.request_id, e.refs
    FROM qingdan.event AS e
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = e.region_code
    WHERE e.position < CAST(:before AS bigint) AND e.position >= CAST(:floor AS bigint)
      AND (CAST(:everything AS boolean) OR array_prepend(r.code, r.ancestors) && CAST(:places AS text[]))
      AND (CAST(:region AS text) IS NULL OR r.code = CAST(:region AS text)
           OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:type AS text) IS NULL OR e.type = CAST(:type AS text))
      AND (CAST(:actor AS text) IS NULL OR e.actor = CAST(:actor AS text))
      AND (CAST(:item AS uuid) IS NULL OR e.item_ids @> ARRAY[CAST(:item AS uuid)])
      AND (CAST(:adjustment AS uuid) IS NULL OR e.adjustment_id = CAST(:adjustment AS uuid))
    ORDER BY e.position DESC LIMIT :limit
    """
)
# There is a row for each sign-in: a page looks at so many of them, whatever it asks for.
_LOOKED_AT = """
    FROM qingdan.audit AS a
    WHERE (a.recorded_at, a.id) < (coalesce(CAST(:at AS timestamptz), 'infinity'), CAST(:after AS uuid))
    ORDER BY a.recorded_at DESC, a.id DESC LIMIT :window"""
_ACTS = Statement(
    f"""
    SELECT a.id, a.recorded_at, a.service, a.actor, a.tag, a.outcome, a.request_id, a.detail
    FROM (SELECT a.* {_LOOKED_AT}) AS a
    WHERE (CAST(:actor AS text) IS NULL OR a.actor = CAST(:actor AS text))
      AND (CAST(:tag AS text) IS NULL OR starts_with(a.tag, CAST(:tag AS text)))
      AND (CAST(:outcome AS text) IS NULL OR a.outcome = CAST(:outcome AS text))
    ORDER BY a.recorded_at DESC, a.id DESC LIMIT :limit
    """
)
_ACTS_END = Statement(
    f"""
    SELECT a.recorded_at, a.id FROM (SELECT a.recorded_at, a.id {_LOOKED_AT}) AS a
    ORDER BY a.recorded_at DESC, a.id DESC OFFSET :window - 1
    """
)
_SEALS = Statement(
    """
    SELECT s.from_position, s.to_position FROM qingdan.seal AS s
    WHERE s.number >= CAST(:first AS bigint) AND s.number <= CAST(:last AS bigint) ORDER BY s.number LIMIT :limit
    """
)


async def covers_all(connection: AsyncConnection, places: Sequence[str]) -> bool:
    """Whether regions, with all below them, hold every list that is kept here."""
    return bool(await _COVERED.value(connection, {"places": list(places)}))


async def head(connection: AsyncConnection) -> int:
    """The last position of the log."""
    return int(await _HEAD.value(connection) or 0)


async def events(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    places: Sequence[str],
    *,
    everything: bool,
    before: int,
    floor: int,
    limit: int,
) -> list[Row]:
    """Events of the regions somebody audits with floor <= position < before, the newest first."""
    given = dict(filters) | {"places": list(places), "everything": everything, "before": before, "floor": floor}
    return await _EVENTS.rows(connection, given | {"limit": limit})


async def acts(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    *,
    after: tuple[datetime, UUID] | None,
    window: int,
    limit: int,
) -> list[Row]:
    """Acts without a change of state among the next `window` of all there are, the newest first."""
    return await _ACTS.rows(connection, dict(filters) | _behind(after) | {"window": window, "limit": limit})


async def acts_end(
    connection: AsyncConnection, *, after: tuple[datetime, UUID] | None, window: int
) -> tuple[datetime, UUID] | None:
    """The last of the next `window` acts; None where there are no more."""
    row = await _ACTS_END.row(connection, _behind(after) | {"window": window})
    return None if row is None else (row.recorded_at, row.id)


def _behind(after: tuple[datetime, UUID] | None) -> dict[str, Any]:
    at, id_ = after or (None, UUID(int=2**128 - 1))
    return {"at": at, "after": id_}


async def seals(connection: AsyncConnection, first: int, last: int, limit: int) -> list[tuple[int, int]]:
    """First and last position of each seal of a range of numbers, of the first `limit`."""
    rows = await _SEALS.rows(connection, {"first": first, "last": last, "limit": limit})
    return [(row.from_position, row.to_position) for row in rows]
