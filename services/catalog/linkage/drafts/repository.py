"""SQL of the drafts: opened and superseded from differences, read, accepted, objected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import matching
from shared.schema.catalog import draft

# Rows of `judged` (see linkage.repository) become drafts. A draft that still says the same stays; one that says
# something else, or that nothing demands any more, is superseded. What people objected to is not proposed again.
_SETTLE = """, draft_rule AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:rule_ids AS text[]), CAST(:titles AS text[])) AS r (rule, title)
), proposed AS MATERIALIZED (
    SELECT j.rule, j.target_list, CAST(NULL AS uuid) AS item_id, j.source_id, j.source_version,
           j.expected AS elements, j.adjustment_id
    FROM judged AS j WHERE j.action = 'missing'
    UNION ALL
    SELECT j.rule, j.target_list, j.target_id, j.source_id, max(j.source_version), jsonb_object_agg(e.key, e.value),
           CAST(max(CAST(j.adjustment_id AS text)) AS uuid)
    FROM judged AS j CROSS JOIN LATERAL jsonb_each(j.expected) AS e
    WHERE j.action = 'draft' OR (j.action = 'sync' AND CAST(:strict AS boolean))
    GROUP BY j.rule, j.target_list, j.target_id, j.source_id
), concerned_draft AS MATERIALIZED (
    {concerned}
), superseded AS (
    UPDATE qingdan.draft AS d SET state = 'superseded', closed_at = CAST(:now AS timestamptz)
    FROM concerned_draft AS c
    WHERE d.id = c.id AND d.state = 'open' AND d.rule = ANY (CAST(:rule_ids AS text[]))
      AND NOT EXISTS (
        SELECT FROM proposed AS p
        WHERE p.rule = d.rule AND p.target_list = d.list_id AND p.source_id = d.source_item_id
          AND p.item_id IS NOT DISTINCT FROM d.item_id AND p.elements = d.elements
          -- A check may have come before the adjustment's own cascade: the draft then gets the root it lacks.
          AND (d.adjustment_id IS NOT NULL OR p.adjustment_id IS NULL))
    RETURNING d.id, d.rule, d.list_id, d.list_kind, d.region_code, d.source_item_id, d.adjustment_id
), opened_draft AS (
    INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id,
        source_version, elements, reason, adjustment_id, cause_id, opened_at)
    SELECT gen_random_uuid(), p.rule, CAST(:rule_set AS integer), l.id, l.kind, l.region_code, p.item_id, p.source_id,
           p.source_version, p.elements,
           CASE WHEN p.item_id IS NULL THEN '缺少对应事项：' ELSE '来源事项已变更：' END || r.title,
           p.adjustment_id, CAST(:cause_id AS uuid), CAST(:now AS timestamptz)
    FROM proposed AS p JOIN draft_rule AS r ON r.rule = p.rule JOIN qingdan.list AS l ON l.id = p.target_list
    WHERE (SELECT count(*) FROM superseded) >= 0  -- first the old ones go, then the new ones come
      AND NOT EXISTS (
        SELECT FROM qingdan.draft AS o
        WHERE o.source_item_id = p.source_id AND o.state = 'objected' AND o.rule = p.rule AND o.list_id = l.id
          AND o.item_id IS NOT DISTINCT FROM p.item_id
          AND (o.elements = p.elements OR p.item_id IS NULL
               AND o.elements ->> 'base_code' IS NOT DISTINCT FROM p.elements ->> 'base_code'
               AND o.elements ->> 'name' IS NOT DISTINCT FROM p.elements ->> 'name'))
    ON CONFLICT (rule, list_id, source_item_id, item_id) WHERE state = 'open' DO NOTHING
    RETURNING id, rule, list_id, list_kind, region_code, source_item_id, adjustment_id
), told_draft AS (
    SELECT 'opened' AS change, o.* FROM opened_draft AS o UNION ALL SELECT 'closed', s.* FROM superseded AS s
)"""

# The open drafts a settlement may close: those of the changed entries, by rules that were asked about all of them, and
# what a rule that was looked at said of its sources - another rule's word about the same source stands. Or all (of a
# list).
_OF_ITEMS = """SELECT d.id FROM qingdan.draft AS d
    WHERE d.source_item_id = ANY (ARRAY(SELECT j.source_id FROM judged AS j UNION SELECT unnest(CAST(:ids AS uuid[]))))
      AND d.state = 'open' AND (
        (d.source_item_id = ANY (CAST(:ids AS uuid[])) AND d.rule <> ALL (CAST(:unasked_sources AS text[]))) OR EXISTS (
        SELECT FROM judged AS j WHERE j.source_id = d.source_item_id AND j.rule = d.rule))"""
_OF_ALL = """SELECT d.id FROM qingdan.draft AS d
    WHERE d.state = 'open' AND (CAST(:list_id AS uuid) IS NULL OR d.list_id = :list_id)
      AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = d.source_item_id)
      AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = d.item_id)"""


def settlement(*, everything: bool) -> str:
    """Table expressions, to follow `judged`, that make the drafts agree with it; the last is `told_draft`."""
    return _SETTLE.format(concerned=_OF_ALL if everything else _OF_ITEMS)


async def lock_open(
    connection: AsyncConnection, *, ids: Sequence[UUID] | None, list_id: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Open drafts, by id or of a list, oldest first, locked; with the list they belong to and who leads it."""
    chosen = await connection.execute(
        text(
            """
            SELECT d.id, d.list_id, d.item_id, d.source_item_id, d.adjustment_id, d.rule, d.list_kind, d.region_code,
                   l.lead_organ_id, l.state AS list_state, r.ancestors
            FROM qingdan.draft AS d
            JOIN qingdan.list AS l ON l.id = d.list_id
            JOIN qingdan.region AS r ON r.code = d.region_code
            WHERE d.state = 'open' AND (CAST(:ids AS uuid[]) IS NULL OR d.id = ANY (:ids))
              AND (CAST(:list_id AS uuid) IS NULL OR d.list_id = :list_id)
            ORDER BY d.opened_at, d.id LIMIT :limit FOR UPDATE OF d
            """
        ),
        {"ids": list(ids) if ids is not None else None, "list_id": list_id, "limit": limit},
    )
    return chosen.all()


async def overtaken(connection: AsyncConnection, ids: Sequence[UUID], keys: Mapping[str, Sequence[str]]) -> list[UUID]:
    """Drafts of an addition whose entry exists by now, found by the rule's matching elements (`keys`, by rule).

    Somebody imported or added it since the draft was made: accepting would double it.
    """
    rows = await connection.execute(
        text(
            """
            SELECT d.id
            FROM qingdan.draft AS d
            JOIN unnest(CAST(:rules AS text[]), CAST(:matches AS jsonb[])) AS k (rule, match) ON k.rule = d.rule
            JOIN qingdan.item AS t ON t.list_id = d.list_id AND t.base_code = d.elements ->> 'base_code'
            WHERE d.id = ANY (CAST(:ids AS uuid[])) AND d.item_id IS NULL AND t.state <> 'cancelled'
              AND NOT EXISTS (
                SELECT FROM jsonb_array_elements_text(k.match) AS m (element)
                WHERE coalesce(to_jsonb(t) ->> m.element, '') <> coalesce(d.elements ->> m.element, ''))
            """
        ),
        {"ids": list(ids), "rules": list(keys), "matches": [_array(values) for values in keys.values()]},
    )
    return list(rows.scalars())


def _array(values: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


async def proposals(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """What drafts propose, as JSON text ready to be written, with where each element comes from."""
    rows = await connection.execute(
        text(
            """
            SELECT d.id, d.item_id, d.list_id, d.source_item_id, d.adjustment_id, CAST(d.elements AS text) AS elements,
                   CAST((SELECT jsonb_object_agg(e.key, jsonb_build_object(
                            'rule', d.rule, 'item', d.source_item_id, 'version', d.source_version))
                         FROM jsonb_object_keys(d.elements) AS e (key)) AS text) AS provenance
            FROM qingdan.draft AS d WHERE d.id = ANY (CAST(:ids AS uuid[])) ORDER BY d.opened_at, d.id
            """
        ),
        {"ids": list(ids)},
    )
    return rows.all()


async def close(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    *,
    state: str,
    items: Sequence[UUID | None],
    by: str,
    opinion: str | None,
    at: datetime,
) -> None:
    """End drafts; `items` are the entries that came of them, parallel to `ids`."""
    await connection.execute(
        text(
            """
            UPDATE qingdan.draft AS d
            SET state = :state, item_id = coalesce(g.item_id, d.item_id), closed_by = :by, closed_at = :at,
                opinion = :opinion
            FROM unnest(CAST(:ids AS uuid[]), CAST(:items AS uuid[])) AS g (id, item_id) WHERE d.id = g.id
            """
        ),
        {"ids": list(ids), "items": list(items), "state": state, "by": by, "opinion": opinion, "at": at},
    )


async def accepted_items(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The entries accepted drafts have become: item, kind, list, version now."""
    rows = await connection.execute(
        text(
            """
            SELECT i.id AS item_id, i.version, i.list_id, i.kind, i.region_code, i.state, d.adjustment_id
            FROM qingdan.draft AS d JOIN qingdan.item AS i ON i.id = d.item_id
            WHERE d.id = ANY (CAST(:ids AS uuid[])) AND d.state = 'accepted'
            """
        ),
        {"ids": list(ids)},
    )
    return rows.all()


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """Drafts in the order they were opened; `filters` are column values, empty ones do not count."""
    chosen = select(draft).order_by(draft.c.opened_at, draft.c.id).limit(limit)
    chosen = chosen.where(*matching(draft, filters))
    if after:
        chosen = chosen.where(tuple_(draft.c.opened_at, draft.c.id) > tuple_(*after))
    return (await connection.execute(chosen)).all()


async def find(connection: AsyncConnection, draft_id: UUID) -> Row[Any] | None:
    """One draft."""
    return (await connection.execute(select(draft).where(draft.c.id == draft_id))).one_or_none()


async def states(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The states of those drafts that there are."""
    chosen = await connection.execute(select(draft.c.id, draft.c.state).where(draft.c.id.in_(ids)))
    return {row.id: row.state for row in chosen}


async def taken(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Drafts whose code, where the kind says it names one entry only, another entry has or an earlier draft wants."""
    chosen = await connection.execute(
        text(
            """
            WITH wanted AS (
                SELECT d.id, d.item_id, d.opened_at, c.code,
                       CASE c.scheme WHEN 'base' THEN CAST(d.list_id AS text) ELSE d.list_kind END AS space
                FROM qingdan.draft AS d
                JOIN qingdan.list_kind AS k ON k.code = d.list_kind
                CROSS JOIN LATERAL (VALUES
                    ('base', nullif(d.elements ->> 'base_code', '')),
                    ('implementation', nullif(d.elements ->> 'implementation_code', '')
                        || CASE WHEN length(d.elements ->> 'implementation_code') = 31
                                THEN coalesce(d.elements ->> 'handling_item', '') ELSE '' END)) AS c (scheme, code)
                WHERE d.id = ANY (CAST(:ids AS uuid[])) AND c.code IS NOT NULL AND k.unique_code = c.scheme
            )
            SELECT w.id, w.code FROM wanted AS w
            JOIN qingdan.item_code AS held ON held.space = w.space AND held.code = w.code
                AND held.item_id IS DISTINCT FROM w.item_id
            UNION
            SELECT n.id, n.code FROM (
                SELECT w.*, row_number() OVER (PARTITION BY w.space, w.code ORDER BY w.opened_at, w.id) AS nth
                FROM wanted AS w) AS n
            WHERE n.nth > 1 AND n.item_id IS NULL
            """
        ),
        {"ids": list(ids)},
    )
    return {row.id: row.code for row in chosen}


async def count_open(connection: AsyncConnection, list_id: UUID) -> int:
    """Open drafts of a list."""
    chosen = select(func.count()).select_from(draft).where(draft.c.list_id == list_id, draft.c.state == "open")
    return int((await connection.execute(chosen)).scalar_one())
