"""All SQL of list kinds and element profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, one, one_or_none
from shared import clock
from shared.identifiers import new_id
from shared.schema.catalog import element_profile, list_kind
from shared.statement import Row, Statement

# A profile the product ships becomes the next one of its kind. Where an administration has made profiles of its own it
# is only offered: taking their place would show what they hide.
_SHIP = text(
    """
    INSERT INTO qingdan.element_profile (id, kind, number, shipped, item_type, valid_from, source, verified, name,
                                         offered, elements, announced_on)
    SELECT gen_random_uuid(), g.kind,
           coalesce(h.most, 0) + row_number() OVER (PARTITION BY g.kind ORDER BY g.shipped),
           g.shipped, g.item_type, g.valid_from, g.source, g.verified, g.name,
           coalesce(g.offered, false) OR coalesce(h.own, false), g.elements,
           -- Of a kind that is new nothing has been shown yet, so there is nothing to say.
           CASE WHEN h.kind IS NULL AND g.valid_from <= CAST(:today AS date) THEN g.valid_from END
    FROM jsonb_to_recordset(CAST(:profiles AS jsonb)) AS g (
        kind text, shipped integer, item_type text, valid_from date, source text, verified boolean, name text,
        offered boolean, elements jsonb)
    LEFT JOIN (SELECT kind, max(number) AS most, bool_or(shipped IS NULL AND region_code IS NULL) AS own
               FROM qingdan.element_profile GROUP BY kind) AS h ON h.kind = g.kind
    WHERE NOT EXISTS (SELECT FROM qingdan.element_profile AS p WHERE p.kind = g.kind AND p.shipped = g.shipped)
    ON CONFLICT DO NOTHING
    """
)
# Whoever comes second waits for the first, and finds them said.
_ANNOUNCE = Statement(
    """
    WITH said AS (
        UPDATE qingdan.element_profile SET announced_on = :today
        WHERE announced_on IS NULL AND valid_from <= :today AND NOT offered
        RETURNING kind, region_code, number
    )
    SELECT kind, region_code, max(number) AS number FROM said GROUP BY kind, region_code ORDER BY kind, region_code
    """
)


async def install(connection: AsyncConnection, kinds: Sequence[Mapping[str, Any]]) -> None:
    """Insert built-in kinds and shipped profiles that are missing; two statements."""
    rows = [
        {key: kind[key] for key in ("code", "title", "description", "unique_code")}
        | {"origin": "built_in", "list_class": kind.get("list_class", "comprehensive")}
        for kind in kinds
    ]
    profiles = [
        {"kind": kind["code"], "shipped": profile["number"], **profile}
        for kind in kinds
        for profile in kind["profiles"]
    ]
    await connection.execute(insert(list_kind).on_conflict_do_nothing(), rows)
    today = clock.now().astimezone(clock.ZONE).date()
    await connection.execute(_SHIP, {"profiles": orjson.dumps(profiles).decode(), "today": today})


async def add_kind(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a custom kind; False when the code is taken."""
    statement = insert(list_kind).values(**values).on_conflict_do_nothing().returning(list_kind.c.code)
    return (await connection.execute(statement)).one_or_none() is not None


async def update_kind(connection: AsyncConnection, code: str, values: Mapping[str, Any]) -> Record:
    """Change a kind and raise its version; returns the row."""
    statement = (
        update(list_kind)
        .where(list_kind.c.code == code)
        .values(**values, version=list_kind.c.version + 1)
        .returning(list_kind)
    )
    return one(await connection.execute(statement))


async def kind(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record | None:
    """One kind; locked until the transaction ends when asked for."""
    statement = select(list_kind).where(list_kind.c.code == code)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def kinds(
    connection: AsyncConnection, *, origin: str | None, query: str | None, after: str | None, limit: int
) -> list[Record]:
    """Kinds by code."""
    statement = select(list_kind).order_by(list_kind.c.code).limit(limit)
    if origin:
        statement = statement.where(list_kind.c.origin == origin)
    if query:
        statement = statement.where(list_kind.c.title.contains(query, autoescape=True))
    if after:
        statement = statement.where(list_kind.c.code > after)
    return many(await connection.execute(statement))


async def add_profile(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Insert the next profile of a kind; the caller holds the kind's row."""
    number = select(func.coalesce(func.max(element_profile.c.number), 0) + 1).where(
        element_profile.c.kind == values["kind"]
    )
    statement = (
        insert(element_profile)
        .values(id=new_id(), number=number.scalar_subquery(), **values)
        .returning(element_profile)
    )
    return one(await connection.execute(statement))


async def profile(connection: AsyncConnection, kind_code: str, number: int) -> Record | None:
    """One profile of a kind."""
    statement = select(element_profile).where(element_profile.c.kind == kind_code, element_profile.c.number == number)
    return one_or_none(await connection.execute(statement))


async def announce(connection: AsyncConnection, today: date) -> list[Row]:
    """(kind, region_code, number) of profiles that have begun to hold unsaid, the newest of each; now they are said."""
    return await _ANNOUNCE.rows(connection, {"today": today})


async def profiles(connection: AsyncConnection, kind_codes: Sequence[str], *, on: date | None = None) -> list[Record]:
    """Profiles of kinds, oldest first; with a day those that apply on it, so not what is only offered."""
    statement = (
        select(element_profile)
        .where(element_profile.c.kind.in_(kind_codes))
        .order_by(element_profile.c.kind, element_profile.c.number)
    )
    if on is not None:
        statement = statement.where(element_profile.c.valid_from <= on, ~element_profile.c.offered)
    return many(await connection.execute(statement))
