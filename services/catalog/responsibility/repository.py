"""SQL of lists in sections: what stands in each, in order, and what people declared of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, one_or_none
from shared.schema.catalog import declaration


async def counts(connection: AsyncConnection, list_id: UUID) -> dict[str, int]:
    """Section -> entries of a list that are not cancelled."""
    rows = await connection.execute(
        text(
            "SELECT section, count(*) AS entries FROM qingdan.item"
            " WHERE list_id = :list_id AND section IS NOT NULL AND state <> 'cancelled' GROUP BY section"
        ),
        {"list_id": list_id},
    )
    return {row.section: row.entries for row in rows}


async def left_without(
    connection: AsyncConnection, *, list_ids: Sequence[UUID], sections: Sequence[str], leaving: Sequence[UUID]
) -> set[tuple[UUID, str]]:
    """Which of these sections (parallel sequences) hold nothing once some entries leave, and are not declared empty."""
    rows = await connection.execute(
        text(
            """
            SELECT g.list_id, g.section
            FROM unnest(CAST(:list_ids AS uuid[]), CAST(:sections AS text[])) AS g (list_id, section)
            WHERE NOT EXISTS (
                SELECT FROM qingdan.item AS i
                WHERE i.list_id = g.list_id AND i.section = g.section AND i.state <> 'cancelled'
                  AND i.id <> ALL (CAST(:leaving AS uuid[])))
              AND NOT EXISTS (
                SELECT FROM qingdan.declaration AS d
                WHERE d.list_id = g.list_id AND d.section = g.section AND d.withdrawn_at IS NULL)
            """
        ),
        {"list_ids": list(list_ids), "sections": list(sections), "leaving": list(leaving)},
    )
    return {(row.list_id, row.section) for row in rows}


async def entries(
    connection: AsyncConnection, list_id: UUID, section: str, *, categories: Sequence[str],
    after: tuple[int, UUID] | None, limit: int,
) -> list[Record]:  # fmt: skip
    """Entries of a section that are not cancelled, with their rank: by category, then by age."""
    rank, first = after or (-1, UUID(int=0))
    rows = await connection.execute(
        text(
            """
            SELECT e.id, e.version, e.effective_from, e.name, e.implementing_body, e.state, e.elements, e.rank
            FROM (SELECT i.id, i.version, i.effective_from, i.name, i.implementing_body, i.state, v.elements, coalesce(
                      array_position(CAST(:categories AS text[]), v.elements ->> 'duty_category'), 0) AS rank
                  FROM qingdan.item AS i
                  JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
                  WHERE i.list_id = :list_id AND i.section = :section AND i.state <> 'cancelled') AS e
            WHERE (e.rank, e.id) > (CAST(:rank AS integer), CAST(:first AS uuid))
            ORDER BY e.rank, e.id LIMIT :limit
            """
        ),
        {"list_id": list_id, "section": section, "categories": list(categories), "rank": rank, "first": first,
         "limit": limit},
    )  # fmt: skip
    return many(rows)


async def add_declaration(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a declaration; False when one of the same holds."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(declaration).values(**values))
    except IntegrityError:
        return False
    return True


async def declaration_of(connection: AsyncConnection, declaration_id: UUID, *, lock: bool = False) -> Record | None:
    """One declaration."""
    chosen = select(declaration).where(declaration.c.id == declaration_id)
    return one_or_none(await connection.execute(chosen.with_for_update() if lock else chosen))


async def declarations(
    connection: AsyncConnection, list_id: UUID, *, withdrawn: bool, after: UUID | None, limit: int
) -> list[Record]:
    """Declarations of a list, oldest first; those withdrawn only when asked for."""
    chosen = select(declaration).where(declaration.c.list_id == list_id).order_by(declaration.c.id).limit(limit)
    if not withdrawn:
        chosen = chosen.where(declaration.c.withdrawn_at.is_(None))
    if after is not None:
        chosen = chosen.where(declaration.c.id > after)
    return many(await connection.execute(chosen))


async def declared_sections(connection: AsyncConnection, list_id: UUID) -> dict[str, Record]:
    """Section -> the declaration that it is empty."""
    chosen = select(declaration).where(
        declaration.c.list_id == list_id, declaration.c.section.is_not(None), declaration.c.withdrawn_at.is_(None)
    )
    return {row["section"]: row for row in many(await connection.execute(chosen))}


async def withdraw(connection: AsyncConnection, declaration_id: UUID, *, by: str, at: datetime) -> None:
    """End a declaration; it stays on record."""
    await connection.execute(
        update(declaration).where(declaration.c.id == declaration_id).values(withdrawn_by=by, withdrawn_at=at)
    )


async def powers(
    connection: AsyncConnection, region_code: str, organs: Collection[UUID], *, after: UUID, limit: int
) -> list[UUID]:
    """Powers of organs in a region that are not cancelled, by id."""
    rows = await connection.execute(
        text(
            """
            SELECT p.id FROM qingdan.list AS l JOIN qingdan.item AS p ON p.list_id = l.id
            WHERE l.kind = 'power' AND l.region_code = :region AND p.state <> 'cancelled'
              AND p.implementing_body = ANY (CAST(:organs AS uuid[])) AND p.id > :after
            ORDER BY p.id LIMIT :limit
            """
        ),
        {"region": region_code, "organs": list(organs), "after": after, "limit": limit},
    )
    return list(rows.scalars())


async def lacks_list(connection: AsyncConnection, region_code: str, kind: str) -> bool:
    """Whether a region keeps no list of a kind."""
    chosen = text("SELECT NOT EXISTS (SELECT FROM qingdan.list WHERE kind = :kind AND region_code = :region)")
    return bool((await connection.execute(chosen, {"kind": kind, "region": region_code})).scalar_one())
