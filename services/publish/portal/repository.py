"""SQL of the plain ASGI reads: pages and downloads of one revision, entries of a code, the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.publish.portal.parameters import BASE_CODE_LENGTH
from services.publish.portal.reads import Reads
from shared.search.terms import TOPICS

FIRST = UUID(int=0)


@dataclass(frozen=True)
class Filters:
    """What a page is narrowed to; None means everything."""

    organ: str | None = None
    item_type: str | None = None
    state: str | None = None
    level: str | None = None
    name: str | None = None
    service_object: str | None = None
    topic: str | None = None


NO_FILTERS = Filters()

# A row is shown by the revisions from its first to the one before its last.
_SHOWN = "p.from_revision <= {r} AND (p.to_revision IS NULL OR p.to_revision > {r})"
_PAGE = """
    WITH asked AS (
        SELECT l.*, CASE WHEN $2::int IS NOT NULL THEN $2
                         WHEN $3::text IS NULL THEN l.revision
                         ELSE (SELECT e.revision FROM qingdan.list_edition AS e WHERE e.list_id = $1 AND e.name = $3)
                    END AS shown
        FROM qingdan.published_list AS l WHERE l.list_id = $1
    )
    SELECT a.kind, a.title, a.region_code, a.revision, a.hash AS current_hash, a.shown, v.hash, v.entries, v.purged,
           ARRAY(
               SELECT p."row" FROM qingdan.published_item AS p
               WHERE p.list_id = $1 AND p.item_id > $4 AND {shown} {filters}
               ORDER BY p.item_id LIMIT $5
           ) AS lines
    FROM asked AS a
    LEFT JOIN qingdan.list_revision AS v ON v.list_id = a.list_id AND v.revision = a.shown
"""
# The page most people ask for, from the index of what is shown now. Nothing of the present revision is ever purged:
# what is withdrawn makes a new one.
_PRESENT_PAGE = """
    SELECT l.kind, l.title, l.region_code, l.revision, l.hash AS current_hash, l.revision AS shown, l.hash, l.entries,
           0 AS purged,
           ARRAY(
               SELECT p."row" FROM qingdan.published_item AS p
               WHERE p.list_id = $1 AND p.to_revision IS NULL ORDER BY p.item_id LIMIT $2
           ) AS lines
    FROM qingdan.published_list AS l WHERE l.list_id = $1
"""
_TOPICS = ", ".join(f"'{key}'" for key in TOPICS)
_FILTERS = """
    AND (${0}::text IS NULL OR p.organ_id IN (
            SELECT o.id FROM qingdan.catalog_organ_v1 AS o WHERE o.credit_code = ${0} OR o.name = ${0}))
    AND (${1}::text IS NULL OR p.item_type = ${1})
    AND (${2}::text IS NULL OR p.state = ${2})
    AND (${3}::text IS NULL OR ${3} = ANY (string_to_array(p.level, ',')))
    AND (${4}::text IS NULL OR p.name ILIKE ${4})
    AND (${5}::text IS NULL OR convert_from(p.body, 'UTF8')::jsonb -> 'elements' -> 'service_objects' ? ${5})
    AND (${6}::text IS NULL OR EXISTS (
            SELECT FROM unnest(ARRAY[{topics}]) AS t(key)
            WHERE convert_from(p.body, 'UTF8')::jsonb -> 'elements' -> t.key ? ${6}))
"""
_PLAIN_PAGE = _PAGE.format(shown=_SHOWN.format(r="a.shown"), filters="")
_FILTERED_PAGE = _PAGE.format(shown=_SHOWN.format(r="a.shown"), filters=_FILTERS.format(*range(6, 13), topics=_TOPICS))
_COUNT = (
    f"SELECT count(*) FROM qingdan.published_item AS p WHERE p.list_id = $1 AND {_SHOWN.format(r='$2')}"
    + _FILTERS.format(*range(3, 10), topics=_TOPICS)
)
_OF_CODE = """
    SELECT sha256(coalesce(string_agg(d.hash, ''::bytea ORDER BY d.item_id), '')) AS digest, ARRAY(
               SELECT p.body FROM qingdan.published_item AS p
               WHERE p.{column} = $1 AND p.to_revision IS NULL AND p.item_id > $3 AND ($2::text IS NULL
                     OR p.list_id IN (SELECT l.list_id FROM qingdan.published_list AS l WHERE l.kind = $2))
               ORDER BY p.item_id LIMIT $4
           ) AS lines
    FROM qingdan.published_item AS d WHERE d.{column} = $1 AND d.to_revision IS NULL
"""
_CODE_STATE = """
    SELECT sha256(coalesce(string_agg(p.hash, ''::bytea ORDER BY p.item_id), '')) AS hash
    FROM qingdan.published_item AS p WHERE p.{column} = $1 AND p.to_revision IS NULL
"""
_REVISION = """
    SELECT l.kind, l.title, l.region_code, v.revision, v.hash, v.entries, v.purged, v.published_at, v.effective_at
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v ON v.list_id = l.list_id AND v.revision =
        CASE WHEN $2::int IS NOT NULL THEN $2
             WHEN $3::text IS NULL THEN l.revision
             ELSE (SELECT e.revision FROM qingdan.list_edition AS e WHERE e.list_id = $1 AND e.name = $3) END
    WHERE l.list_id = $1
"""
_REVISION_AT = """
    SELECT l.list_id, (SELECT max(v.revision) FROM qingdan.list_revision AS v
                       WHERE v.list_id = l.list_id AND v.effective_at <= $2) AS revision
    FROM qingdan.published_list AS l WHERE l.list_id = $1
"""
_LINES = f"""
    SELECT p.item_id, p.body FROM qingdan.published_item AS p
    WHERE p.list_id = $1 AND p.item_id > $3 AND {_SHOWN.format(r="$2")}
    ORDER BY p.item_id LIMIT 1000
"""
# An entry's payload is what its revision showed; if that has been withdrawn since, the next thing that may be seen.
# Lateral with a limit each, so that the one plan for all values looks up entry by entry and never joins whole tables.
FED = """
    SELECT f.sequence, f.id, f.type, f.list_kind, f.list_id, f.item_id, f.version, f.revision, f.changed,
           f.replaces::text AS replaces,
           f.adjustment_id, f.cause_id, f.effective_at, f.recorded_at, b.body, l.title, l.region_code,
           v.hash AS list_hash, v.entries, v.decision::text AS decision,
           CASE WHEN f.item_id IS NULL THEN (SELECT a.number FROM qingdan.publication AS a
                                             WHERE a.id = v.publication_id) END AS publication,
           CASE WHEN f.item_id IS NULL THEN ARRAY(
               SELECT e.name FROM qingdan.list_edition AS e WHERE e.list_id = f.list_id AND e.revision = f.revision
               ORDER BY e.name) END AS editions
    FROM ({entries}) AS f
    CROSS JOIN LATERAL (
        SELECT n.title, n.region_code FROM qingdan.published_list AS n WHERE n.list_id = f.list_id LIMIT 1
    ) AS l
    LEFT JOIN LATERAL (
        SELECT r.hash, r.entries, r.decision, r.publication_id FROM qingdan.list_revision AS r
        WHERE r.list_id = f.list_id AND r.revision = f.revision LIMIT 1
    ) AS v ON true
    LEFT JOIN LATERAL (
        SELECT p.body FROM qingdan.published_item AS p
        WHERE p.item_id = f.item_id AND p.from_revision >= f.revision AND f.type <> 'item.withdrawn'
          AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
        ORDER BY p.from_revision LIMIT 1
    ) AS b ON true
    ORDER BY f.sequence
"""
_FEED = FED.format(entries="SELECT * FROM qingdan.feed_entry WHERE sequence > $1 ORDER BY sequence LIMIT $2")


def column_of(code: str) -> str:
    """The column a code is looked up in."""
    return "base_code" if len(code) == BASE_CODE_LENGTH else "implementation_code"


_OF_CODES = {column: _OF_CODE.format(column=column) for column in ("base_code", "implementation_code")}
_CODE_STATES = {column: _CODE_STATE.format(column=column) for column in ("base_code", "implementation_code")}


async def list_page(
    reads: Reads, list_id: UUID, *, revision: int | None, edition: str | None, after: UUID, limit: int,
    wanted: Filters | None,
) -> asyncpg.Record | None:  # fmt: skip
    """At most `limit` lines of a page, with the list's present state; None when the list is not published."""
    if wanted is None and revision is None and edition is None and after == FIRST:
        return await reads.row(_PRESENT_PAGE, list_id, limit)
    if wanted is None:
        return await reads.row(_PLAIN_PAGE, list_id, revision, edition, after, limit)
    return await reads.searches.row(_FILTERED_PAGE, list_id, revision, edition, after, limit, *_values(wanted))


async def count(reads: Reads, list_id: UUID, revision: int, wanted: Filters | None) -> int:
    """How many entries of a revision the filters leave."""
    row = await reads.searches.row(_COUNT, list_id, revision, *_values(wanted or NO_FILTERS))
    return int(row["count"]) if row else 0


async def code_page(reads: Reads, code: str, *, kind: str | None, after: UUID, limit: int) -> asyncpg.Record | None:
    """At most `limit` bodies of published entries that carry a code, and the digest of all of them."""
    return await reads.row(_OF_CODES[column_of(code)], code, kind, after, limit)


async def code_state(reads: Reads, code: str) -> bytes:
    """Digest of all published entries that carry a code."""
    row = await reads.row(_CODE_STATES[column_of(code)], code)
    return bytes(row["hash"]) if row else b""


async def revision(reads: Reads, list_id: UUID, number: int | None, edition: str | None) -> asyncpg.Record | None:
    """A revision of a list; `revision` in it is None when there is no such revision or edition."""
    return await reads.row(_REVISION, list_id, number, edition)


async def revision_at(reads: Reads, list_id: UUID, at: datetime) -> asyncpg.Record | None:
    """The revision that stood at an instant, None in it when there was none yet; None for an unknown list."""
    return await reads.row(_REVISION_AT, list_id, at)


async def lines(reads: Reads, list_id: UUID, revision: int, after: UUID) -> list[asyncpg.Record]:
    """The next thousand bodies of a revision, in item order."""
    return await reads.rows(_LINES, list_id, revision, after)


async def feed(reads: Reads, after: int, limit: int) -> list[asyncpg.Record]:
    """Entries of the feed with what may be seen of them now."""
    return await reads.rows(_FEED, after, limit)


def _values(wanted: Filters) -> tuple[Any, ...]:
    return (wanted.organ, wanted.item_type, wanted.state, wanted.level, wanted.name, wanted.service_object,
            wanted.topic)  # fmt: skip
