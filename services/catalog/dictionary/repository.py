"""SQL of the element dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many
from shared.schema.catalog import dictionary_element
from shared.statement import Row, Statement

# The nearest region that says something counts, then the latest of its versions.
_IN_FORCE = Statement(
    """
    SELECT * FROM (
        SELECT DISTINCT ON (d.key) d.key, d.number, d.region_code, d.title, d.aliases, d.any_title, d.type,
               d.vocabulary, d.columns, d.description, d.source, d.created_by, d.created_at
        FROM qingdan.dictionary_element AS d
        WHERE (d.region_code IS NULL OR d.region_code = ANY (CAST(:chain AS text[])))
          AND (CAST(:keys AS text[]) IS NULL OR d.key = ANY (CAST(:keys AS text[])))
          AND d.key > CAST(:after AS text)
        ORDER BY d.key, array_position(CAST(:chain AS text[]), d.region_code) NULLS LAST, d.number DESC
    ) AS found
    WHERE CAST(:query AS text) IS NULL OR strpos(found.title, CAST(:query AS text)) > 0
    ORDER BY key LIMIT CAST(:size AS integer)
    """
)
_ADD = Statement(
    """
    INSERT INTO qingdan.dictionary_element (id, region_code, key, number, title, aliases, any_title, type, vocabulary,
                                            columns, description, source, created_by, created_at)
    SELECT gen_random_uuid(), CAST(:region_code AS text), CAST(:key AS text), coalesce(max(d.number), 0) + 1,
           CAST(:title AS text), CAST(:aliases AS text[]), CAST(:any_title AS boolean), CAST(:type AS text),
           CAST(:vocabulary AS jsonb), CAST(:columns AS jsonb), CAST(:description AS text), CAST(:source AS text),
           CAST(:created_by AS text), CAST(:created_at AS timestamptz)
    FROM qingdan.dictionary_element AS d
    WHERE d.key = CAST(:key AS text) AND d.region_code IS NOT DISTINCT FROM CAST(:region_code AS text)
    ON CONFLICT DO NOTHING
    RETURNING number
    """
)
# Kinds used in a region, or below it, whose profiles have the element with another type; no region: anywhere.
_OTHERWISE = Statement(
    """
    SELECT DISTINCT p.kind, e.value ->> 'type' AS type
    FROM qingdan.element_profile AS p
    LEFT JOIN qingdan.region AS r ON r.code = p.region_code
    CROSS JOIN LATERAL jsonb_array_elements(p.elements) AS e
    WHERE e.value ->> 'key' = CAST(:key AS text) AND e.value ->> 'type' <> CAST(:type AS text) AND NOT p.offered
      AND (CAST(:chain AS text[]) = '{}' OR p.region_code IS NULL OR p.region_code = ANY (CAST(:chain AS text[]))
           OR (CAST(:chain AS text[]))[1] = ANY (r.ancestors))
    ORDER BY p.kind LIMIT 20
    """
)
# What the product ships now and has not shipped last: the next version of each element that is new or changed.
_SHIP = text(
    """
    INSERT INTO qingdan.dictionary_element (id, key, number, title, aliases, any_title, type, vocabulary, columns,
                                            description, source, created_by)
    SELECT gen_random_uuid(), g.key, coalesce(h.number, 0) + 1, g.title,
           ARRAY(SELECT jsonb_array_elements_text(g.aliases)), g.any_title, g.type, g.vocabulary, g.columns,
           g.description, 'built_in', 'system:install'
    FROM jsonb_to_recordset(CAST(:elements AS jsonb)) AS g (
        key text, title text, aliases jsonb, any_title boolean, type text, vocabulary jsonb, columns jsonb,
        description text)
    LEFT JOIN LATERAL (
        SELECT d.* FROM qingdan.dictionary_element AS d
        WHERE d.key = g.key AND d.region_code IS NULL ORDER BY d.number DESC LIMIT 1) AS h ON true
    -- Where people have versioned an element of the product's for everywhere, theirs stays.
    WHERE h.id IS NULL OR (h.source = 'built_in'
        AND (h.title, to_jsonb(h.aliases), h.any_title, h.type, h.vocabulary, h.columns, h.description)
            IS DISTINCT FROM (g.title, g.aliases, g.any_title, g.type, g.vocabulary, g.columns, g.description))
    ON CONFLICT DO NOTHING
    """
)


async def in_force(
    connection: AsyncConnection,
    chain: Sequence[str],
    *,
    keys: Sequence[str] | None = None,
    query: str | None = None,
    after: str = "",
    size: int = 1_000,
) -> list[Row]:
    """Elements that hold in a region (its code and those above it; only the product's when empty), by key."""
    given = {"chain": list(chain), "keys": list(keys) if keys is not None else None, "query": query, "after": after,
             "size": size}  # fmt: skip
    return await _IN_FORCE.rows(connection, given)


async def versions(connection: AsyncConnection, key: str, chain: Sequence[str]) -> list[Record]:
    """All versions of an element that count or counted in a region, newest first."""
    of_chain = dictionary_element.c.region_code.is_(None) | dictionary_element.c.region_code.in_(list(chain))
    rows = (
        select(dictionary_element)
        .where(dictionary_element.c.key == key, of_chain)
        .order_by(dictionary_element.c.created_at.desc(), dictionary_element.c.number.desc())
    )
    return many(await connection.execute(rows))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> int | None:
    """Insert the next version of an element; its number, None when somebody else did at the same moment."""
    given = dict(values) | {name: orjson.dumps(values[name]).decode() for name in ("vocabulary", "columns")}
    number = await _ADD.value(connection, given)
    return int(number) if number is not None else None


async def used_otherwise(connection: AsyncConnection, key: str, type_: str, chain: Sequence[str]) -> list[Row]:
    """Kinds that have the element with another type in a region (its code and those above it): (kind, type)."""
    return await _OTHERWISE.rows(connection, {"key": key, "type": type_, "chain": list(chain)})


async def install(connection: AsyncConnection, elements: Sequence[Mapping[str, Any]]) -> None:
    """Install what the product ships; repeating it changes nothing."""
    await connection.execute(_SHIP, {"elements": orjson.dumps(list(elements)).decode()})
