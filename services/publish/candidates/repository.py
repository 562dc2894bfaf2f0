"""SQL that reads what may have to be published: lists, versions, organs, beside what the public sees now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.revisions.rules import Candidate, PublishedList
from shared.statement import Row, Statement
from shared.visibility import Entry, ListFacts, organ_ids

# Rows a statement reads at most: bounds memory while a whole list is enacted.
CHUNK = 2_000
FIRST = UUID(int=0)

# Profiles count until others hold in their place: an element that is going to be hidden is hidden at once, one that is
# going to be public is public from its day on.
_LISTS = Statement(
    """
    SELECT l.id, l.kind, coalesce(k.title, l.kind) AS kind_title, l.title, l.region_code,
           coalesce(r.name, l.region_code) AS region_name, l.enacted_at, p.revision,
           (SELECT coalesce(max(f.sequence), 0) FROM qingdan.feed_entry AS f) AS last_sequence,
           coalesce((
               SELECT jsonb_agg(jsonb_build_object('item_type', e.item_type, 'elements', (
                          SELECT coalesce(jsonb_agg(x), '[]')
                          FROM jsonb_array_elements(e.elements) AS x
                          WHERE coalesce(x->'public', 'true') <> 'true' OR x->>'type' = 'organ')))
               FROM qingdan.catalog_profile_v1 AS e
               WHERE e.kind = l.kind
                 AND (e.region_code IS NULL OR e.region_code = l.region_code OR e.region_code = ANY (r.ancestors))
                 AND (e.replaced_from IS NULL OR e.replaced_from > :today)
           ), '[]')::text AS profiles
    FROM qingdan.catalog_list_v1 AS l
    LEFT JOIN qingdan.catalog_kind_v1 AS k ON k.code = l.kind
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    LEFT JOIN qingdan.published_list AS p ON p.list_id = l.id
    WHERE l.id = ANY (CAST(:lists AS uuid[])) AND l.state = 'in_force'
    """
)

# The version a row speaks of, what the public sees of the item, and whether a version between was secret. An entry's
# versions rise with its revisions: the last one dealt with stands at the end of the index, however long its history.
_CANDIDATE = """
    SELECT i.id AS item_id, i.list_id, i.audience, v.number AS version, v.effective_from, v.adjustment_id,
           v.elements::text AS elements, a.transitional_rule, p.body AS shown, known.version AS last_version,
           EXISTS (SELECT 1 FROM qingdan.catalog_item_version_v1 AS s
                   WHERE s.item_id = i.id AND s.number > coalesce(known.version, 0) AND s.number <= v.number
                     AND coalesce(s.elements->'audience', '"public"') <> '"public"') AS secret_between
    FROM {source}
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = {version}
    LEFT JOIN qingdan.workflow_adjustment_v1 AS a ON a.id = v.adjustment_id
    LEFT JOIN qingdan.published_item AS p ON p.list_id = i.list_id AND p.item_id = i.id AND p.to_revision IS NULL
    LEFT JOIN LATERAL (
        SELECT k.version FROM qingdan.published_item AS k WHERE k.item_id = i.id ORDER BY k.from_revision DESC LIMIT 1
    ) AS known ON true
"""
_NAMED = Statement(
    _CANDIDATE.format(
        source="unnest(CAST(:items AS uuid[]), CAST(:versions AS int[])) AS n(item_id, version)"
        " JOIN qingdan.catalog_item_v1 AS i ON i.id = n.item_id",
        version="n.version",
    )
)
_OF_LIST = Statement(
    _CANDIDATE.format(source="qingdan.catalog_item_v1 AS i", version="i.version")
    + "WHERE i.list_id = :list AND i.id > :after ORDER BY i.id LIMIT :chunk"
)
# What is shown, in the newest version that was dealt with: one in which nothing public had changed was not published,
# and holds all the same. What is still to be dealt with, or is held back, comes with its own event.
_SHOWN = Statement(
    """
    WITH coming AS MATERIALIZED (
        SELECT t.item_id, min(t.version) AS version
        FROM qingdan.event AS e CROSS JOIN LATERAL unnest(e.item_ids, e.versions) AS t(item_id, version)
        WHERE e.position > CAST(:position AS bigint) AND t.version IS NOT NULL GROUP BY t.item_id
    )
    """
    + _CANDIDATE.format(
        source="(SELECT s.list_id, s.item_id, s.version FROM qingdan.published_item AS s"
        " WHERE s.to_revision IS NULL AND s.item_id > :after AND s.list_id = ANY (CAST(:lists AS uuid[]))"
        " AND (CAST(:organs AS uuid[]) IS NULL OR s.organ_id = ANY (CAST(:organs AS uuid[])))"
        " ORDER BY s.item_id LIMIT :chunk) AS n JOIN qingdan.catalog_item_v1 AS i ON i.id = n.item_id",
        version="CASE WHEN i.version = n.version OR EXISTS ("
        "SELECT FROM qingdan.parked AS h WHERE h.consumer = 'publication' AND h.item_id = n.item_id) THEN n.version"
        " ELSE greatest(n.version, coalesce((SELECT c.version - 1 FROM coming AS c WHERE c.item_id = n.item_id),"
        " i.version)) END",
    )
    + "ORDER BY i.id"
)
_ORGANS = Statement(
    "SELECT id::text AS id, name, credit_code FROM qingdan.catalog_organ_v1 WHERE id = ANY (CAST(:organs AS uuid[]))"
)
_LISTS_OF_KIND = Statement(
    "SELECT list_id FROM qingdan.published_list WHERE CAST(:kind AS text) IS NULL OR kind = :kind"
)


@dataclass(frozen=True)
class Read:
    """A candidate as it was read: organs are named only when all of a chunk are known."""

    row: Row
    elements: dict[str, Any]


async def lists(
    connection: AsyncConnection, list_ids: Iterable[UUID], *, today: date
) -> tuple[dict[UUID, PublishedList], int]:
    """The lists among `list_ids` that are in force, with the profiles that apply, and the feed's last number."""
    rows = await _LISTS.rows(connection, {"lists": list(list_ids), "today": today})
    return {row["id"]: _list(row) for row in rows}, rows[0]["last_sequence"] if rows else 0


async def lists_of_kind(connection: AsyncConnection, kind: str | None) -> list[UUID]:
    """Published lists of a kind; of all kinds when it is None."""
    return await _LISTS_OF_KIND.values(connection, {"kind": kind})


async def named(connection: AsyncConnection, versions: Mapping[UUID, int]) -> list[Read]:
    """The versions that events name, in item order."""
    items = sorted(versions)
    return _read(await _NAMED.rows(connection, {"items": items, "versions": [versions[item] for item in items]}))


async def of_list(connection: AsyncConnection, list_id: UUID, *, after: UUID) -> list[Read]:
    """Current versions of a list's items after an id, at most CHUNK."""
    return _read(await _OF_LIST.rows(connection, {"list": list_id, "after": after, "chunk": CHUNK}))


async def shown(
    connection: AsyncConnection, list_ids: Iterable[UUID], *, organs: Sequence[UUID] | None, position: int, after: UUID
) -> list[Read]:
    """Items now shown in the lists (by the organs, if given) after an item id, at most CHUNK, as they were at a
    position of the log up to which everything has been dealt with."""
    given = {"lists": list(list_ids), "organs": list(organs) if organs else None, "position": position,
             "after": after, "chunk": CHUNK}  # fmt: skip
    return _read(await _SHOWN.rows(connection, given))


async def organs(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Name and credit code of organs by id (text); what is no id of an organ is left out."""
    wanted = {parsed for text_id in ids if (parsed := _uuid(text_id)) is not None}
    if not wanted:
        return {}
    rows = await _ORGANS.rows(connection, {"organs": list(wanted)})
    return {row["id"]: dict(row) for row in rows}


def candidate(read: Read, named_organs: Mapping[str, Mapping[str, Any]]) -> Candidate:
    """What was read, as the rules want it."""
    row = read.row
    entry = Entry(
        item_id=row["item_id"],
        version=row["version"],
        effective_from=row["effective_from"],
        elements=read.elements,
        audience=_audience(row["audience"], read.elements),
        transitional_rule=row["transitional_rule"],
        organs=named_organs,
    )
    return Candidate(
        entry=entry,
        list_id=row["list_id"],
        adjustment_id=row["adjustment_id"],
        secret_between=row["secret_between"],
        last_version=row["last_version"],
        shown=orjson.loads(row["shown"]) if row["shown"] else None,
    )


def _audience(of_item: str, elements: Mapping[str, Any]) -> str:
    """Public only when the item today and the version named both say so: the stricter of the two holds."""
    of_version = elements.get("audience", "public")
    return "public" if of_item == "public" and of_version == "public" else "staff"


def _read(rows: Iterable[Row]) -> list[Read]:
    return [Read(row, orjson.loads(row["elements"])) for row in rows]


def _list(row: Row) -> PublishedList:
    facts = ListFacts(
        id=row["id"],
        kind=row["kind"],
        kind_title=row["kind_title"],
        title=row["title"],
        region_code=row["region_code"],
        region_name=row["region_name"],
    )
    return PublishedList(facts, orjson.loads(row["profiles"]), row["revision"], row["enacted_at"])


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def organs_of(read: Read, in_list: PublishedList) -> Iterable[str]:
    """Ids of the organs an entry names, as its profile says."""
    item_type = read.elements.get("item_type")
    return organ_ids(read.elements, in_list.profile(item_type if isinstance(item_type, str) else None))
