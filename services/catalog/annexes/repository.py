"""SQL of annexes: the order of a list's entries, their content page by page, and the layouts of kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, one, one_or_none
from shared.schema.catalog import annex_layout, list_kind

# Sorted as people look for things: unit by unit, then by code, then by name. Entries without a unit come last.
_SORTED = """
    ORDER BY o.name NULLS LAST, e.organ_id, e.base_code NULLS LAST, e.handling_item NULLS FIRST, e.name, e.id
"""
_NARROWED = """
    WHERE (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) = coalesce(CAST(e.organ_id AS text), 'none'))
"""
_CURRENT = f"""
    SELECT e.id, e.organ_id, o.name AS unit
    FROM (
        SELECT i.id, v.elements ->> 'base_code' AS base_code, v.elements ->> 'handling_item' AS handling_item,
               v.elements ->> 'name' AS name,
               CASE WHEN CAST(:units AS boolean)
                     AND v.elements ->> 'implementing_body' ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'
                    THEN CAST(v.elements ->> 'implementing_body' AS uuid) END AS organ_id
        FROM qingdan.item AS i
        CROSS JOIN LATERAL (
            SELECT v.elements FROM qingdan.item_version AS v
            WHERE v.item_id = i.id AND v.effective_from <= CAST(:at AS timestamptz)
            ORDER BY v.effective_from DESC, v.number DESC LIMIT 1
        ) AS v
        WHERE i.list_id = :list_id AND v.elements ->> 'state' IS DISTINCT FROM 'cancelled'
          AND coalesce(v.elements ->> 'audience', 'public') = 'public'
    ) AS e
    LEFT JOIN qingdan.organ AS o ON o.id = e.organ_id
    {_NARROWED} {_SORTED}
    LIMIT CAST(:most AS bigint)
"""
_REVISION = f"""
    SELECT e.id, e.organ_id, o.name AS unit
    FROM (
        SELECT p.item_id AS id, p.organ_id, p.base_code, CAST(NULL AS text) AS handling_item, p.name
        FROM qingdan.publish_revision_item_v1 AS p
        WHERE p.list_id = :list_id AND p.from_revision <= :revision AND p.state <> 'cancelled'
          AND (p.to_revision IS NULL OR p.to_revision > :revision)
    ) AS e
    LEFT JOIN qingdan.organ AS o ON o.id = e.organ_id
    {_NARROWED} {_SORTED}
    LIMIT CAST(:most AS bigint)
"""

_IN_FORCE = """
    WITH r AS MATERIALIZED (
        SELECT v.revision, v.decision, v.effective_at, encode(v.hash, 'hex') AS hash
        FROM qingdan.publish_revision_v1 AS v
        WHERE v.list_id = :list_id AND v.effective_at <= CAST(:at AS timestamptz)
        ORDER BY v.revision DESC LIMIT 1
    ), shown AS (
        SELECT p.item_id, p.version FROM qingdan.publish_revision_item_v1 AS p, r
        WHERE p.list_id = :list_id AND p.from_revision <= r.revision AND p.state <> 'cancelled'
          AND (p.to_revision IS NULL OR p.to_revision > r.revision)
    ), stands AS (
        SELECT i.id AS item_id, v.number AS version
        FROM qingdan.item AS i
        CROSS JOIN LATERAL (
            SELECT v.number, v.elements FROM qingdan.item_version AS v
            WHERE v.item_id = i.id AND v.effective_from <= CAST(:at AS timestamptz)
            ORDER BY v.effective_from DESC, v.number DESC LIMIT 1
        ) AS v
        WHERE i.list_id = :list_id AND EXISTS (SELECT FROM r) AND v.elements ->> 'state' IS DISTINCT FROM 'cancelled'
          AND coalesce(v.elements ->> 'audience', 'public') = 'public'
    )
    SELECT r.*, d.alone, d.versioned
    FROM r CROSS JOIN (
        SELECT count(*) FILTER (WHERE s.item_id IS NULL OR g.item_id IS NULL) AS alone,
               coalesce(array_agg(s.item_id) FILTER (WHERE s.version <> g.version), '{}') AS versioned
        FROM shown AS s FULL JOIN stands AS g ON g.item_id = s.item_id
    ) AS d
"""


async def current_order(
    connection: AsyncConnection, list_id: UUID, *, at: datetime, units: bool, unit: str | None, most: int | None
) -> Sequence[Row[Any]]:
    """(id, organ_id, unit) of the public entries at an instant, in the order of an annex; at most so many.

    Without `units` nothing tells whose they are.
    """
    given = {"list_id": list_id, "at": at, "units": units, "unit": unit, "most": most}
    return (await connection.execute(text(_CURRENT), given)).all()


async def current_entries(connection: AsyncConnection, ids: Sequence[UUID], *, at: datetime) -> Sequence[Row[Any]]:
    """(id, number, effective_from, elements) of entries at an instant, in the order of the ids."""
    rows = await connection.execute(
        text(
            """
            SELECT g.id, v.number, v.effective_from, v.elements
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, place)
            CROSS JOIN LATERAL (
                SELECT v.number, v.effective_from, v.elements FROM qingdan.item_version AS v
                WHERE v.item_id = g.id AND v.effective_from <= CAST(:at AS timestamptz)
                ORDER BY v.effective_from DESC, v.number DESC LIMIT 1
            ) AS v
            ORDER BY g.place
            """
        ),
        {"ids": list(ids), "at": at},
    )
    return rows.all()


async def revision_order(
    connection: AsyncConnection, list_id: UUID, *, revision: int, unit: str | None, most: int | None
) -> Sequence[Row[Any]]:
    """(id, organ_id, unit) of what a revision shows, in the order of an annex; at most so many."""
    given = {"list_id": list_id, "revision": revision, "unit": unit, "most": most}
    return (await connection.execute(text(_REVISION), given)).all()


async def units(
    connection: AsyncConnection, list_id: UUID, *, at: datetime, units: bool, revision: int | None
) -> Sequence[Row[Any]]:
    """(organ_id, unit, entries) of an instant, or of a revision, in the order of an annex."""
    order = _CURRENT if revision is None else _REVISION
    counted = f"""
        SELECT q.organ_id, q.unit, count(*) AS entries FROM ({order}) AS q
        GROUP BY q.organ_id, q.unit ORDER BY q.unit NULLS LAST, q.organ_id
    """
    given: dict[str, Any] = {"list_id": list_id, "unit": None, "most": None}
    given |= {"at": at, "units": units} if revision is None else {"revision": revision}
    return (await connection.execute(text(counted), given)).all()


async def revision_bodies(
    connection: AsyncConnection, list_id: UUID, ids: Sequence[UUID], *, revision: int
) -> Sequence[Row[Any]]:
    """(id, body) as they were published, in the order of the ids."""
    rows = await connection.execute(
        text(
            """
            SELECT p.item_id AS id, p.body
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, place)
            JOIN qingdan.publish_revision_item_v1 AS p
              ON p.list_id = :list_id AND p.item_id = g.id AND p.from_revision <= :revision
             AND (p.to_revision IS NULL OR p.to_revision > :revision)
            ORDER BY g.place
            """
        ),
        {"list_id": list_id, "ids": list(ids), "revision": revision},
    )
    return rows.all()


async def revision_of(
    connection: AsyncConnection, list_id: UUID, *, revision: int | None, edition: str | None
) -> Record | None:
    """A published revision by number or by the name of an edition: (revision, decision, effective_at, hash)."""
    rows = await connection.execute(
        text(
            """
            SELECT r.revision, r.decision, r.effective_at, encode(r.hash, 'hex') AS hash
            FROM qingdan.publish_revision_v1 AS r
            WHERE r.list_id = :list_id AND r.revision = coalesce(CAST(:revision AS integer), (
                SELECT e.revision FROM qingdan.publish_edition_v1 AS e
                WHERE e.list_id = :list_id AND e.name = CAST(:edition AS text)))
            """
        ),
        {"list_id": list_id, "revision": revision, "edition": edition},
    )
    return one_or_none(rows)


async def in_force(connection: AsyncConnection, list_id: UUID, *, at: datetime) -> Record | None:
    """The revision in force at an instant, and how far it is from the list as it stood then.

    `alone` counts entries that only one of both has, `versioned` names those of which the list has another version.
    """
    return one_or_none(await connection.execute(text(_IN_FORCE), {"list_id": list_id, "at": at}))


async def counting(
    connection: AsyncConnection, kind: str, chain: Sequence[str], today: date
) -> Sequence[list[dict[str, Any]]]:
    """Elements of each profile that says on a day what is public of a kind's entries, as publication has it.

    `chain` is the region of the list and those above it.
    """
    rows = await connection.execute(
        text(
            """
            SELECT p.elements FROM qingdan.catalog_profile_v1 AS p
            WHERE p.kind = :kind AND (p.region_code IS NULL OR p.region_code = ANY (CAST(:chain AS text[])))
              AND (p.replaced_from IS NULL OR p.replaced_from > CAST(:today AS date))
            """
        ),
        {"kind": kind, "chain": list(chain), "today": today},
    )
    return rows.scalars().all()


async def layout(connection: AsyncConnection, kind: str, *, lock: bool = False) -> Record | None:
    """The layout of a kind, if it has one of its own."""
    statement = select(annex_layout).where(annex_layout.c.kind == kind)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def put_layout(connection: AsyncConnection, kind: str, columns: Sequence[Mapping[str, Any]]) -> Record:
    """Give a kind a layout, or its next version."""
    statement = insert(annex_layout).values(kind=kind, columns=list(columns))
    statement = statement.on_conflict_do_update(
        index_elements=[annex_layout.c.kind],
        set_={"columns": statement.excluded.columns, "version": annex_layout.c.version + 1},
    )
    return one(await connection.execute(statement.returning(annex_layout)))


async def install_layouts(connection: AsyncConnection, layouts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Give kinds that have none, and are shipped, their layouts; a layout the administration changed stays."""
    known = await connection.execute(select(list_kind.c.code).where(list_kind.c.code.in_(layouts)))
    rows = [{"kind": code, "columns": list(layouts[code])} for code in known.scalars()]
    if rows:
        await connection.execute(insert(annex_layout).on_conflict_do_nothing(), rows)
