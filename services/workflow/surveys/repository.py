"""SQL of surveys: schedules, what they ask for, results with what they say of organs, lists and entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_SCHEDULE = """SELECT s.region_code, s.due_days, s.method, s.source, s.since, s.begun_year, s.version,
       s.set_by, s.set_at
    FROM qingdan.survey_schedule AS s"""
_FIND_SCHEDULE = Statement(f"{_SCHEDULE} WHERE s.region_code = :region_code FOR UPDATE")
_READ_SCHEDULE = Statement(f"{_SCHEDULE} WHERE s.region_code = :region_code")
# Two who set the first schedule of a region at once: the second finds that there is one.
_PUT = Statement(
    """
    INSERT INTO qingdan.survey_schedule AS s (region_code, due_days, method, source, since, begun_year, set_by, set_at)
    VALUES (:region_code, CAST(:due_days AS text[]), :method, :source, :since, :begun_year, :actor, :now)
    ON CONFLICT (region_code) DO UPDATE
    SET due_days = excluded.due_days, method = excluded.method, source = excluded.source, set_by = excluded.set_by,
        set_at = excluded.set_at, version = s.version + 1
    WHERE s.version = :version
    RETURNING s.version
    """
)
# One schedule whose surveys of this year are still to be opened; it is held while they are.
_NEXT = Statement(f"{_SCHEDULE} WHERE s.begun_year < :year ORDER BY s.region_code LIMIT 1 FOR UPDATE")
_BEGUN = Statement("UPDATE qingdan.survey_schedule SET begun_year = :year WHERE region_code = :region_code")
_OPEN = Statement(
    """
    INSERT INTO qingdan.survey (id, region_code, year, round, title, method, due_at)
    SELECT g.id, g.region_code, g.year, g.round, g.title, g.method, g.due_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        id uuid, region_code text, year int, round int, title text, method text, due_at timestamptz)
    ON CONFLICT (region_code, year, round) DO NOTHING
    RETURNING id
    """
)

_SHOWN = """SELECT s.id, s.region_code, r.name AS region_name, s.year, s.round, s.title, s.method, s.due_at,
       s.first_day, s.last_day, s.conducted_by, s.respondents, s.sample_size, s.score, s.summary, s.file, s.recorded_by,
       s.recorded_at, s.version
FROM qingdan.survey AS s JOIN qingdan.catalog_region_v1 AS r ON r.code = s.region_code"""
_SEEN = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:places AS text[]))
    OR r.ancestors && CAST(:places AS text[]))"""
_STANDING = """CASE WHEN s.recorded_at > s.due_at THEN 'late' WHEN s.recorded_at IS NOT NULL THEN 'done'
    WHEN s.due_at < :now THEN 'missing' ELSE 'open' END"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_SEEN} AND (CAST(:region_code AS text) IS NULL OR s.region_code = :region_code)
      AND (CAST(:year AS integer) IS NULL OR s.year = :year)
      AND (CAST(:standing AS text) IS NULL OR {_STANDING} = CAST(:standing AS text))
      AND (s.due_at, s.id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY s.due_at, s.id LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE s.id = :id AND {_SEEN}")
_LOCK = Statement("SELECT s.version FROM qingdan.survey AS s WHERE s.id = :id FOR UPDATE")
_SCORES = Statement(
    """
    SELECT c.number, c.organ_id, n.name AS organ_name, c.list_id, c.item_id, c.sample_size, c.score, c.opinion
    FROM qingdan.survey_score AS c LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = c.organ_id
    WHERE c.survey_id = :id ORDER BY c.number
    """
)
_RECORD = Statement(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:scores AS jsonb)) AS g (
            number int, organ_id uuid, list_id uuid, item_id uuid, sample_size int, score numeric, opinion text)
    ), said AS (
        INSERT INTO qingdan.survey_score (survey_id, number, organ_id, list_id, item_id, sample_size, score, opinion)
        SELECT :id, g.number, g.organ_id, g.list_id, g.item_id, g.sample_size, g.score, g.opinion FROM given AS g
    )
    UPDATE qingdan.survey
    SET state = 'done', method = :method, first_day = :first_day, last_day = :last_day, conducted_by = :conducted_by,
        respondents = CAST(:respondents AS text[]), sample_size = :sample_size, score = CAST(:score AS numeric),
        summary = :summary, file = CAST(:file AS jsonb), recorded_by = :actor, recorded_at = :now,
        version = version + 1
    WHERE id = :id
    """
)
# What a result may speak of: organs, lists and entries of the region and below it.
_KNOWN = Statement(
    """
    SELECT g.id FROM unnest(CAST(:organs AS uuid[])) AS g (id)
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.id JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
    WHERE r.code = :region_code OR :region_code = ANY (r.ancestors)
    UNION ALL
    SELECT g.id FROM unnest(CAST(:lists AS uuid[])) AS g (id)
    JOIN qingdan.catalog_list_v1 AS l ON l.id = g.id JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE r.code = :region_code OR :region_code = ANY (r.ancestors)
    UNION ALL
    SELECT g.id FROM unnest(CAST(:items AS uuid[])) AS g (id)
    JOIN qingdan.catalog_item_v1 AS i ON i.id = g.id JOIN qingdan.catalog_region_v1 AS r ON r.code = i.region_code
    WHERE r.code = :region_code OR :region_code = ANY (r.ancestors)
    """
)
_OF_YEAR = Statement(
    """
    SELECT c.survey_id, coalesce(c.organ_id, l.lead_organ_id) AS organ_id, n.name AS organ_name, c.sample_size,
           c.score
    FROM qingdan.survey AS s
    JOIN qingdan.survey_score AS c ON c.survey_id = s.id
    LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = c.item_id
    LEFT JOIN qingdan.catalog_list_v1 AS l ON l.id = coalesce(c.list_id, i.list_id)
    JOIN qingdan.catalog_organ_v1 AS n ON n.id = coalesce(c.organ_id, l.lead_organ_id)
    WHERE s.region_code = :region_code AND s.year = :year AND s.state = 'done'
    ORDER BY c.survey_id, c.number
    """
)


async def schedule(connection: AsyncConnection, region_code: str, *, lock: bool = False) -> Row | None:
    """The schedule of a region."""
    return await (_FIND_SCHEDULE if lock else _READ_SCHEDULE).row(connection, {"region_code": region_code})


async def put_schedule(connection: AsyncConnection, values: Mapping[str, Any], *, version: int) -> int | None:
    """Store a schedule; its new version, None when somebody else has stored one meanwhile."""
    found: int | None = await _PUT.value(connection, dict(values) | {"version": version})
    return found


async def next_schedule(connection: AsyncConnection, year: int) -> Row | None:
    """A schedule that has not opened the surveys of a year, locked."""
    return await _NEXT.row(connection, {"year": year})


async def save_begun(connection: AsyncConnection, region_code: str, year: int) -> None:
    """Note the last year whose surveys were opened."""
    await _BEGUN.rows(connection, {"region_code": region_code, "year": year})


async def open_surveys(connection: AsyncConnection, surveys: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Store surveys that are not there yet; their ids."""
    rows = orjson.dumps(list(surveys), default=str).decode()
    return set(await _OPEN.values(connection, {"rows": rows}))


async def page(
    connection: AsyncConnection,
    by: Mapping[str, Any],
    *,
    region_code: str | None,
    year: int | None,
    standing: str | None,
    now: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Row]:
    """Surveys of places (`by`: places, everywhere) and below, the first due first."""
    own = {name: by[name] for name in ("places", "everywhere")}
    given = {"region_code": region_code, "year": year, "standing": standing, "now": now, "limit": limit}
    return await _PAGE.rows(connection, own | given | {"after_at": after[0], "after_id": after[1]})


async def find(connection: AsyncConnection, survey_id: UUID, by: Mapping[str, Any]) -> Row | None:
    """A survey somebody may read."""
    own = {name: by[name] for name in ("places", "everywhere")}
    return await _FIND.row(connection, own | {"id": survey_id})


async def lock(connection: AsyncConnection, survey_id: UUID) -> None:
    """Hold a survey until the transaction ends."""
    await _LOCK.rows(connection, {"id": survey_id})


async def scores(connection: AsyncConnection, survey_id: UUID) -> list[Row]:
    """What a survey says of organs, lists and entries."""
    return await _SCORES.rows(connection, {"id": survey_id})


async def record(connection: AsyncConnection, survey_id: UUID, values: Mapping[str, Any]) -> None:
    """Store a result with its scores."""
    given = dict(values) | {"id": survey_id, "file": _json(values["file"]), "scores": _json(values["scores"])}
    await _RECORD.rows(connection, given)


async def known(
    connection: AsyncConnection, region_code: str, *, organs: Sequence[UUID], lists: Sequence[UUID],
    items: Sequence[UUID],
) -> set[UUID]:  # fmt: skip
    """Those of the organs, lists and entries that are of a region or below it."""
    given = {"region_code": region_code, "organs": list(organs), "lists": list(lists), "items": list(items)}
    return set(await _KNOWN.values(connection, given))


async def of_year(connection: AsyncConnection, region_code: str, year: int) -> list[dict[str, Any]]:
    """What the surveys of a region and year say of organs: of themselves, or of what they lead."""
    return [dict(row) for row in await _OF_YEAR.rows(connection, {"region_code": region_code, "year": year})]


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
