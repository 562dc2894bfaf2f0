"""SQL of copies: the facts and entries of a revision, and how things were called when it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.channels.copies.source import Differing
from shared.statement import Row, Statement

_FIRST = UUID(int=0)
# Entries a statement reads at most.
_CHUNK = 1_000
_REVISION = Statement(
    """
    SELECT l.list_id, l.kind, l.region_code, l.title, v.revision, v.hash, v.entries, v.purged, v.decision,
           v.effective_at, v.published_at, h.heading, w.number AS withdraws, w.text AS withdrawal,
           (SELECT sum(w.purged) FROM qingdan.list_revision AS w WHERE w.list_id = l.list_id)::int AS withdrawn
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v
        ON v.list_id = l.list_id AND v.revision = coalesce(CAST(:revision AS int), l.revision)
    LEFT JOIN LATERAL (
        SELECT k.heading FROM qingdan.copy_heading AS k
        WHERE k.list_id = l.list_id AND k.revision <= v.revision ORDER BY k.revision DESC LIMIT 1
    ) AS h ON true
    LEFT JOIN LATERAL (
        SELECT p.number, n.text
        FROM qingdan.publication_notice AS n JOIN qingdan.publication AS p ON p.id = n.publication_id
        WHERE n.id = v.adjustment_id AND n.kind = 'withdrawal'
    ) AS w ON true
    WHERE l.list_id = :list
    """
)
# Of profiles that apply the general one comes first; they count until others hold in their place, as in publication.
_HEADINGS = Statement(
    """
    SELECT l.list_id, l.revision, l.title, coalesce(k.title, l.kind) AS kind_title,
           coalesce(r.name, l.region_code) AS region_name, coalesce(o.name, '') AS issuer,
           coalesce((
               SELECT jsonb_agg(e.elements ORDER BY e.item_type NULLS FIRST, e.region_code NULLS FIRST, e.number)
               FROM qingdan.catalog_profile_v1 AS e
               WHERE e.kind = l.kind
                 AND (e.region_code IS NULL OR e.region_code = l.region_code OR e.region_code = ANY (r.ancestors))
                 AND (e.replaced_from IS NULL OR e.replaced_from > :today)
           ), '[]') AS profiles
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.catalog_list_v1 AS c ON c.id = l.list_id
    LEFT JOIN qingdan.catalog_kind_v1 AS k ON k.code = l.kind
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = c.lead_organ_id
    WHERE l.list_id = ANY (CAST(:lists AS uuid[]))
    """
)
# Names change seldom: a revision without a heading of its own has that of the one before it.
_KEEP = Statement(
    """
    INSERT INTO qingdan.copy_heading (list_id, revision, heading, made_at)
    SELECT n.list_id, n.revision, n.heading, :now
    FROM unnest(CAST(:lists AS uuid[]), CAST(:revisions AS int[]), CAST(:headings AS jsonb[]))
        AS n (list_id, revision, heading)
    WHERE n.heading IS DISTINCT FROM (
        SELECT k.heading FROM qingdan.copy_heading AS k
        WHERE k.list_id = n.list_id AND k.revision <= n.revision ORDER BY k.revision DESC LIMIT 1)
    ON CONFLICT (list_id, revision) DO NOTHING
    """
)
_BODIES = Statement(
    f"""
    SELECT p.item_id, p.body FROM qingdan.published_item AS p
    WHERE p.list_id = :list AND p.item_id > :after AND p.from_revision <= :revision
      AND (p.to_revision IS NULL OR p.to_revision > :revision)
      AND (CAST(:unit AS uuid) IS NULL OR p.organ_id = CAST(:unit AS uuid))
    ORDER BY p.item_id LIMIT {_CHUNK}
    """
)
_CHANGED = Statement(
    """
    SELECT (array_agg(p.body) FILTER (WHERE p.old))[1] AS before, (array_agg(p.body) FILTER (WHERE p.new))[1] AS after,
           coalesce(bool_or(p.ours) FILTER (WHERE p.old), false) AS was_shown,
           coalesce(bool_or(p.ours) FILTER (WHERE p.new), false) AS is_shown
    FROM (
        SELECT i.item_id, i.body,
               CAST(:unit AS uuid) IS NULL OR coalesce(i.organ_id = CAST(:unit AS uuid), false) AS ours,
               i.from_revision <= :base AND (i.to_revision IS NULL OR i.to_revision > :base) AS old,
               i.from_revision <= :revision AND (i.to_revision IS NULL OR i.to_revision > :revision) AS new
        FROM qingdan.published_item AS i
        WHERE i.list_id = :list AND (i.from_revision > :base OR i.to_revision > :base)
    ) AS p
    WHERE p.old <> p.new
    GROUP BY p.item_id HAVING bool_or(p.ours) ORDER BY p.item_id
    """
)
_OF_CHANNEL = Statement(
    """
    SELECT k.due_revision, k.base_revision, c.link, c.progress_url, c.shows, c.organ_id
    FROM qingdan.channel AS c JOIN qingdan.channel_copy AS k ON k.channel_id = c.id
    WHERE c.code = :code AND c.state = 'active' AND k.list_id = :list
    """
)


async def revision(connection: AsyncConnection, list_id: UUID, number: int | None) -> Row | None:
    """A revision of a list (the present one when None) with the heading that was kept last until then, if any.

    `withdrawn` counts what has been taken out of any revision; `revision` in it is None when there is none of that
    number; None for a list that is not published.
    """
    return await _REVISION.row(connection, {"list": list_id, "revision": number})


async def present_headings(connection: AsyncConnection, list_ids: Sequence[UUID], today: date) -> list[Row]:
    """How the present revisions of lists and their elements are called now: list_id, revision, names, profiles."""
    return await _HEADINGS.rows(connection, {"lists": list(list_ids), "today": today})


async def keep_headings(
    connection: AsyncConnection, found: Sequence[tuple[UUID, int, dict[str, Any]]], now: datetime
) -> None:
    """Keep headings (list, revision, heading) that are not what was kept before."""
    lists, revisions, headings = zip(*found, strict=True) if found else ((), (), ())
    given = {"lists": lists, "revisions": revisions, "headings": [orjson.dumps(one).decode() for one in headings]}
    await _KEEP.rows(connection, given | {"now": now})


async def bodies(connection: AsyncConnection, list_id: UUID, number: int, unit: UUID | None) -> list[bytes]:
    """Every entry a revision shows (of one unit, or all), as it was hashed, in the order of item ids."""
    found: list[bytes] = []
    after = _FIRST
    given = {"list": list_id, "revision": number, "unit": unit}
    while rows := await _BODIES.rows(connection, given | {"after": after}):
        found += [row.body for row in rows]
        after = rows[-1].item_id
    return found


async def changed(
    connection: AsyncConnection, list_id: UUID, base: int, number: int, unit: UUID | None
) -> list[Differing]:
    """The entries that two revisions show differently; of one unit, also those that it gave away or took over."""
    rows = await _CHANGED.rows(connection, {"list": list_id, "base": base, "revision": number, "unit": unit})
    return [Differing(row.before, row.after, row.was_shown, row.is_shown) for row in rows]


async def of_channel(connection: AsyncConnection, code: str, list_id: UUID) -> Row | None:
    """What an active channel is due to show of a list: due_revision, base_revision, and what its setting is made of."""
    return await _OF_CHANNEL.row(connection, {"code": code, "list": list_id})
