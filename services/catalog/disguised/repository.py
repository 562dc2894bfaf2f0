"""All SQL of suspected disguised permits: what is looked at, what was suspected, what people said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import region, suspect, suspect_verdict
from shared.statement import Row, Statement

# Entries of a region and all below it. A matter concerns a permit in force when it bears its code or its name there or
# above; the superior's conditions are those of the nearest region above that has any for the code.
_ENTRIES = Statement(
    """
    SELECT i.id, i.version || ' ' || i.state AS mark, i.list_id, i.kind, i.region_code, i.name, i.item_type,
           o.name AS body_name, o.kind AS body_kind,
           CAST(v.elements AS text) AS elements, p.linked, c.conditions,
           ARRAY(SELECT DISTINCT b.title_key || ' ' || b.article FROM qingdan.item_basis AS b
                 WHERE b.item_id = i.id AND b.article IS NOT NULL) AS articles
    FROM qingdan.item AS i
    JOIN qingdan.region AS r ON r.code = i.region_code
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM qingdan.item AS p
            WHERE p.kind = 'permit' AND p.state <> 'cancelled' AND i.kind <> 'permit'
              AND (p.base_code = i.base_code AND (p.region_code = r.code OR p.region_code = ANY (r.ancestors))
                   OR i.permit_name IS NOT NULL AND p.region_code = r.code AND p.name = i.permit_name)
        ) AS linked
    ) AS p
    LEFT JOIN LATERAL (
        SELECT w.elements -> 'conditions' AS conditions
        FROM qingdan.item AS s
        JOIN qingdan.item_version AS w ON w.item_id = s.id AND w.number = s.version
        WHERE s.base_code = i.base_code AND s.region_code = ANY (r.ancestors) AND s.state = 'in_use'
          AND s.kind IN ('permit', i.kind) AND jsonb_typeof(w.elements -> 'conditions') = 'array'
          AND w.elements -> 'conditions' <> '[]'
        ORDER BY array_position(r.ancestors, s.region_code), s.kind = i.kind DESC, s.id LIMIT 1
    ) AS c ON true
    WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND i.state <> 'cancelled'
      AND NOT i.kind = ANY (CAST(:kinds_aside AS text[]))
      AND NOT coalesce(i.item_type, '') = ANY (CAST(:types_aside AS text[]))
      AND (CAST(:after AS uuid) IS NULL OR i.id > :after)
    ORDER BY i.id LIMIT :limit
    """
)
_CANCELLED = Statement(
    """
    SELECT i.name, i.region_code,
           ARRAY(SELECT DISTINCT b.title_key || ' ' || b.article FROM qingdan.item_basis AS b
                 WHERE b.item_id = i.id AND b.article IS NOT NULL) AS articles
    FROM qingdan.item AS i JOIN qingdan.region AS r ON r.code = i.region_code
    WHERE i.state = 'cancelled' AND (i.kind = 'permit' OR i.kind = 'base_catalogue' AND i.item_type = '01')
      AND (r.code = :region OR :region = ANY (r.ancestors)
           OR r.code = ANY (ARRAY(SELECT unnest(g.ancestors) FROM qingdan.region AS g WHERE g.code = :region)))
    ORDER BY i.id LIMIT :most
    """
)
_TEXTS = Statement(
    """
    SELECT d.id, d.version || ' ' || d.status AS mark, d.title, d.kind, d.region_code, d.full_text
    FROM qingdan.normative_document AS d JOIN qingdan.region AS r ON r.code = d.region_code
    WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND d.full_text IS NOT NULL
      AND d.status IN ('in_force', 'amended') AND (CAST(:after AS uuid) IS NULL OR d.id > :after)
    ORDER BY d.id LIMIT :limit
    """
)
# Suspects that a scan meets no more: the matter was stopped, or the document holds no longer.
_ENDED = Statement(
    """
    SELECT s.id, s.item_id, s.document_id
    FROM qingdan.suspect AS s
    JOIN qingdan.region AS r ON r.code = s.region_code
    LEFT JOIN qingdan.item AS i ON i.id = s.item_id
    LEFT JOIN qingdan.normative_document AS d ON d.id = s.document_id
    WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND s.state <> 'gone'
      AND (i.state = 'cancelled' OR d.status NOT IN ('in_force', 'amended') OR d.id IS NOT NULL AND d.full_text IS NULL)
      AND (CAST(:after AS uuid) IS NULL OR s.id > :after)
    ORDER BY s.id LIMIT :limit
    """
)
_COUNT = Statement(
    """
    SELECT (SELECT count(*) FROM qingdan.item AS i JOIN qingdan.region AS r ON r.code = i.region_code
            WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND i.state <> 'cancelled'
              AND NOT i.kind = ANY (CAST(:kinds_aside AS text[]))
              AND NOT coalesce(i.item_type, '') = ANY (CAST(:types_aside AS text[])))
         + (SELECT count(*) FROM qingdan.normative_document AS d JOIN qingdan.region AS r ON r.code = d.region_code
            WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND d.full_text IS NOT NULL)
    """
)

_STALE = Statement(
    """
    SELECT EXISTS (
        SELECT FROM unnest(CAST(:ids AS uuid[]), CAST(:marks AS text[])) AS g (id, mark)
        LEFT JOIN qingdan.item AS i ON i.id = g.id
        LEFT JOIN qingdan.normative_document AS d ON d.id = g.id
        WHERE coalesce(i.version || ' ' || i.state, d.version || ' ' || d.status) IS DISTINCT FROM g.mark
    )
    """
)

# What was judged stays judged while the evidence is the same; other evidence is to be judged anew.
_SAVE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT g.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
            id uuid, subject text, item_id uuid, document_id uuid, list_id uuid, list_kind text, region_code text,
            name text, pattern text, score integer, signals jsonb, fingerprint text, facts jsonb)
    ), before AS MATERIALIZED (
        SELECT s.id, s.item_id, s.document_id, s.state, s.fingerprint FROM qingdan.suspect AS s
        WHERE s.item_id = ANY (CAST(:items AS uuid[])) OR s.document_id = ANY (CAST(:documents AS uuid[]))
    ), renewed AS (
        UPDATE qingdan.suspect AS s
        SET name = g.name, pattern = g.pattern, score = g.score, signals = g.signals, facts = g.facts,
            list_id = g.list_id, list_kind = g.list_kind, region_code = g.region_code, fingerprint = g.fingerprint,
            seen_at = :now, version = s.version + 1,
            state = CASE WHEN s.state = 'judged' AND s.fingerprint = g.fingerprint THEN 'judged' ELSE 'open' END,
            verdict = CASE WHEN s.state = 'judged' AND s.fingerprint = g.fingerprint THEN s.verdict END
        FROM given AS g, before AS b
        WHERE s.id = b.id AND (b.item_id = g.item_id OR b.document_id = g.document_id)
          AND (b.state = 'gone' OR b.fingerprint <> g.fingerprint)
        RETURNING s.id, s.state, s.region_code, s.list_id, s.list_kind, s.item_id
    ), added AS (
        INSERT INTO qingdan.suspect (id, subject, item_id, document_id, list_id, list_kind, region_code, name, pattern,
                                     score, signals, fingerprint, facts, opened_at, seen_at)
        SELECT g.id, g.subject, g.item_id, g.document_id, g.list_id, g.list_kind, g.region_code, g.name, g.pattern,
               g.score, g.signals, g.fingerprint, g.facts, :now, :now
        FROM given AS g
        WHERE NOT EXISTS (SELECT FROM before AS b WHERE b.item_id = g.item_id OR b.document_id = g.document_id)
        ON CONFLICT DO NOTHING
        RETURNING id, state, region_code, list_id, list_kind, item_id
    ), gone AS (
        UPDATE qingdan.suspect AS s SET state = 'gone', verdict = NULL, seen_at = :now, version = s.version + 1
        FROM before AS b
        WHERE s.id = b.id AND b.state = 'open'
          AND NOT EXISTS (SELECT FROM given AS g WHERE g.item_id = b.item_id OR g.document_id = b.document_id)
        RETURNING s.id, s.state, s.region_code, s.list_id, s.list_kind, s.item_id
    )
    SELECT 'opened' AS change, * FROM renewed WHERE state = 'open'
    UNION ALL SELECT 'opened', * FROM added
    UNION ALL SELECT 'closed', * FROM gone
    """
)


_LATEST = Statement(
    """
    SELECT DISTINCT ON (v.suspect_id) v.suspect_id, v.verdict, v.facts
    FROM qingdan.suspect_verdict AS v
    JOIN qingdan.suspect AS s ON s.id = v.suspect_id
    JOIN qingdan.region AS r ON r.code = s.region_code
    WHERE CAST(:seen AS text[]) IS NULL OR s.region_code || r.ancestors && CAST(:seen AS text[])
    ORDER BY v.suspect_id, v.recorded_at DESC, v.id DESC LIMIT :limit
    """
)

Aside = tuple[Sequence[str], Sequence[str]]
"""Kinds of list and item types that are not looked at."""


async def count(connection: AsyncConnection, region_code: str, aside: Aside) -> int:
    """How many entries and texts a scan of a region looks at."""
    given = {"region": region_code, "kinds_aside": list(aside[0]), "types_aside": list(aside[1])}
    return int(await _COUNT.value(connection, given))


async def entries(
    connection: AsyncConnection, region_code: str, aside: Aside, *, after: UUID | None, limit: int
) -> list[Row]:
    """The next entries of a region and all below it, with what the scorer needs beside their elements."""
    given = {"region": region_code, "kinds_aside": list(aside[0]), "types_aside": list(aside[1])}
    return await _ENTRIES.rows(connection, given | {"after": after, "limit": limit})


async def cancelled_permits(connection: AsyncConnection, region_code: str, *, most: int) -> list[Row]:
    """Cancelled permits of a region, of those below and of those above it, with the articles they rested on."""
    return await _CANCELLED.rows(connection, {"region": region_code, "most": most})


async def texts(connection: AsyncConnection, region_code: str, *, after: UUID | None, limit: int) -> list[Row]:
    """The next documents in force with their text."""
    return await _TEXTS.rows(connection, {"region": region_code, "after": after, "limit": limit})


async def ended(connection: AsyncConnection, region_code: str, *, after: UUID | None, limit: int) -> list[Row]:
    """The next suspects of a region and all below it whose matter or document is no longer in force."""
    return await _ENDED.rows(connection, {"region": region_code, "after": after, "limit": limit})


async def stale(connection: AsyncConnection, rows: Sequence[Row]) -> bool:
    """Whether one of these entries or texts is no longer as it was read."""
    given = {"ids": [row.id for row in rows], "marks": [row.mark for row in rows]}
    return bool(await _STALE.value(connection, given))


async def save(
    connection: AsyncConnection,
    rows: Sequence[Mapping[str, Any]],
    *,
    items: Sequence[UUID],
    documents: Sequence[UUID],
    now: datetime,
) -> list[Row]:
    """Make the suspects among what was looked at agree with what was found; what opened and closed."""
    written = orjson.dumps(list(rows), default=str).decode()
    given = {"rows": written, "items": list(items), "documents": list(documents), "now": now}
    return await _SAVE.rows(connection, given)


async def page(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    *,
    within: str | None,
    seen: Sequence[str] | None,
    least: int,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Record]:
    """Suspects, the highest score first; `seen` are the regions the reader may look into, with all below; None: all."""
    chosen = select(suspect).join(region, region.c.code == suspect.c.region_code)
    chosen = chosen.where(*matching(suspect, filters), suspect.c.score >= least)
    if within is not None:
        chosen = chosen.where(_below([within]))
    if seen is not None:
        chosen = chosen.where(_below(seen))
    if after is not None:
        chosen = chosen.where(tuple_(-suspect.c.score, suspect.c.id) > tuple_(-after[0], after[1]))
    return many(await connection.execute(chosen.order_by(-suspect.c.score, suspect.c.id).limit(limit)))


def _below(codes: Sequence[str]) -> ColumnElement[bool]:
    return or_(region.c.code.in_(codes), region.c.ancestors.overlap(list(codes)))


async def get(connection: AsyncConnection, suspect_id: UUID, *, lock: bool = False) -> Record | None:
    """A suspect with the regions above its own."""
    chosen = (
        select(suspect, region.c.ancestors)
        .join(region, region.c.code == suspect.c.region_code)
        .where(suspect.c.id == suspect_id)
    )
    return one_or_none(await connection.execute(chosen.with_for_update(of=suspect) if lock else chosen))


async def change(connection: AsyncConnection, suspect_id: UUID, values: Mapping[str, Any]) -> Record:
    """Write values as the next version."""
    statement = update(suspect).where(suspect.c.id == suspect_id).values(**values, version=suspect.c.version + 1)
    return one(await connection.execute(statement.returning(suspect)))


async def keep_verdict(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep what somebody said, with what the scorer had been given."""
    await connection.execute(insert(suspect_verdict).values(**values))


async def verdicts(connection: AsyncConnection, suspect_id: UUID) -> list[Record]:
    """What people have said of a suspect, newest first."""
    verdict = suspect_verdict.c
    chosen = select(verdict.verdict, verdict.reason, verdict.actor, verdict.recorded_at)
    return many(
        await connection.execute(
            chosen.where(verdict.suspect_id == suspect_id).order_by(verdict.recorded_at.desc(), verdict.id.desc())
        )
    )


async def latest_verdicts(connection: AsyncConnection, *, seen: Sequence[str] | None, limit: int) -> list[Row]:
    """The last verdict on each suspect, to be replayed; `seen`: of these regions and all below, None: of all."""
    return await _LATEST.rows(connection, {"seen": None if seen is None else list(seen), "limit": limit})
