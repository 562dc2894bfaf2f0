"""SQL of the mapping profiles and of the translations of their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.catalog import list_kind, mapping_profile, vocabulary_mapping


async def find(connection: AsyncConnection, code: str, version: int | None = None) -> Row[Any] | None:
    """A version of a profile, the newest one when none is named."""
    query = select(mapping_profile).where(mapping_profile.c.code == code)
    if version is not None:
        query = query.where(mapping_profile.c.version == version)
    found = await connection.execute(query.order_by(mapping_profile.c.version.desc()).limit(1))
    return found.one_or_none()


async def newest(connection: AsyncConnection, *, after: str, size: int) -> Sequence[Row[Any]]:
    """The newest version of every profile, by code."""
    rows = await connection.execute(
        select(mapping_profile)
        .ext(distinct_on(mapping_profile.c.code))
        .where(mapping_profile.c.code > after)
        .order_by(mapping_profile.c.code, mapping_profile.c.version.desc())
        .limit(size)
    )
    return rows.all()


async def insert_version(connection: AsyncConnection, values: Mapping[str, Any]) -> int | None:
    """Add the next version of a profile; None when the newest one says the same already."""
    highest = await find(connection, values["code"])
    if highest is not None and highest.document == values["document"]:
        return None
    version = 1 if highest is None else highest.version + 1
    await connection.execute(insert(mapping_profile).values(**values, version=version))
    return version


async def unknown_kinds(connection: AsyncConnection, kinds: Sequence[str]) -> set[str]:
    """Codes among these that no list kind has."""
    rows = await connection.execute(select(list_kind.c.code).where(list_kind.c.code.in_(list(kinds))))
    return set(kinds) - set(rows.scalars())


async def vocabularies(connection: AsyncConnection, source: str) -> dict[str, dict[str, str]]:
    """Translations of a source: vocabulary -> foreign value -> our value."""
    rows = await connection.execute(select(vocabulary_mapping).where(vocabulary_mapping.c.source == source))
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.vocabulary, {})[row.foreign_value] = row.value
    return found


async def add_translations(connection: AsyncConnection, rows: Sequence[Mapping[str, str]]) -> None:
    """Add translations; those that are there stay as they are."""
    if rows:
        await connection.execute(insert(vocabulary_mapping).on_conflict_do_nothing(), [dict(row) for row in rows])


async def translations_of(connection: AsyncConnection, keys: Sequence[tuple[str, str, str]]) -> Sequence[Row[Any]]:
    """The translations stored under (source, vocabulary, foreign value)."""
    sources, names, values = zip(*keys, strict=True)
    rows = await connection.execute(
        text(
            "SELECT m.source, m.vocabulary, m.foreign_value, m.value FROM qingdan.vocabulary_mapping AS m"
            " JOIN unnest(CAST(:sources AS text[]), CAST(:names AS text[]), CAST(:values AS text[]))"
            " AS g (source, vocabulary, foreign_value) USING (source, vocabulary, foreign_value)"
        ),
        {"sources": list(sources), "names": list(names), "values": list(values)},
    )
    return rows.all()
