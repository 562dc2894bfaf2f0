"""SQL of superiors' changes at the levels below: drafts with the difference filled in, and findings on late ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.claims.following.rules import CHANGE, LATE
from services.catalog.claims.rules import counted_from
from services.catalog.linkage.fragments import normal
from shared.statement import Row, Statement

_NAME = "coalesce(a.value ->> 'name', a.value #>> '{}')"
_NAME_ABOVE = "coalesce(b.value ->> 'name', b.value #>> '{}')"

# What the local entry has to take over: identity where the superior's differs, its state where it ended or came back,
# and what is more burdensome here (open findings of the rules between superiors and lower lists), with only the
# surplus entries of a list taken out: what is easier here stays.
_PATCH = f"""(
    SELECT jsonb_object_agg(e.element, e.value) FROM (
        SELECT e.element, e.value FROM (VALUES
            ('state', to_jsonb(p.superior_state), p.superior_state <> p.state AND (
                p.superior_state IN ('suspended', 'cancelled') OR p.b ->> 'state' = 'suspended')),
            ('name', p.s -> 'name', p.same AND p.handling_item = '' AND p.s -> 'name' <> p.t -> 'name'),
            ('item_type', p.s -> 'item_type', p.s -> 'item_type' IS DISTINCT FROM p.t -> 'item_type'
                AND p.s ? 'item_type'),
            ('basis', p.s -> 'basis', p.same AND p.s ? 'basis' AND p.s -> 'basis' IS DISTINCT FROM p.t -> 'basis'),
            ('base_code', p.s -> 'base_code', p.moved),
            ('implementation_code', to_jsonb(left(p.t ->> 'implementation_code', 19) || (p.s ->> 'base_code')),
                p.moved AND length(p.t ->> 'implementation_code') = 31)
        ) AS e (element, value, differs)
        WHERE e.differs AND (p.superior_state <> 'cancelled' OR e.element = 'state')
        UNION ALL
        SELECT f.element, CASE WHEN f.element NOT IN ('materials', 'fees', 'process_steps', 'intermediary_services')
                               THEN f.expected ELSE (
            SELECT coalesce(jsonb_agg(a.value ORDER BY a.nth), '[]')
            FROM jsonb_array_elements(p.t -> f.element) WITH ORDINALITY AS a (value, nth)
            WHERE {normal(_NAME)} IN (
                SELECT {normal(_NAME_ABOVE)} FROM jsonb_array_elements(f.expected) AS b (value)
                WHERE {_NAME_ABOVE} IS NOT NULL)) END
        FROM qingdan.finding AS f
        WHERE f.item_id = p.item_id AND f.source_item_id = p.superior_id AND f.state = 'open'
          AND f.rule = ANY (CAST(:burdens AS text[])) AND f.expected IS NOT NULL AND p.superior_state <> 'cancelled'
    ) AS e)"""

# Entries below that have claimed the matter, each way of handling by itself; `same`: it is the same sub-item.
_PAIR = """pair AS MATERIALIZED (
    SELECT DISTINCT ON (u.id, t.id) u.id AS superior_id, u.version AS superior_version, u.name AS superior_name,
           u.state AS superior_state, uv.elements AS s, bv.elements AS b, t.id AS item_id, t.list_id, t.kind,
           t.region_code, t.state, t.handling_item, tv.elements AS t,
           t.base_code IN (u.base_code, bv.elements ->> 'base_code') AS same,
           t.base_code = bv.elements ->> 'base_code' AND u.base_code <> t.base_code AS moved,
           coalesce(d.due_days, 30) AS due_days
    FROM unnest(CAST(:ids AS uuid[]), CAST(:befores AS integer[])) AS g (id, before)
    JOIN qingdan.item AS u ON u.id = g.id
    JOIN qingdan.item_version AS uv ON uv.item_id = u.id AND uv.number = u.version
    LEFT JOIN qingdan.item_version AS bv ON bv.item_id = u.id AND bv.number = g.before
    JOIN qingdan.claim AS c ON c.superior_item_id = u.id AND c.state = 'claimed' AND c.local_item_id IS NOT NULL
    JOIN qingdan.item AS o ON o.id = c.local_item_id
    JOIN qingdan.item AS t ON t.base_code = o.base_code AND t.kind = o.kind AND t.region_code = o.region_code
        AND t.implementing_body IS NOT DISTINCT FROM o.implementing_body AND t.state <> 'cancelled'
    JOIN qingdan.item_version AS tv ON tv.item_id = t.id AND tv.number = t.version
    JOIN qingdan.region AS r ON r.code = t.region_code
    LEFT JOIN LATERAL (
        SELECT p.due_days FROM qingdan.claim_plan AS p
        WHERE (p.region_code = r.code OR p.region_code = ANY (r.ancestors)) AND p.list_kind = c.list_kind AND p.active
        ORDER BY coalesce(array_position(r.ancestors, p.region_code), 0) LIMIT 1
    ) AS d ON true
    ORDER BY u.id, t.id, c.id
)"""

_STATE_WORDS = """CASE p.superior_state WHEN 'cancelled' THEN '上级已取消' WHEN 'suspended' THEN '上级已暂停'
            ELSE '上级已变更' END"""

# A draft that says the same stays. Of one that is replaced the new one keeps the due date: a second change of the
# superior gives no more time for the first.
_OPEN = Statement(
    f"""
    WITH {_PAIR}, proposed AS MATERIALIZED (
        SELECT * FROM (SELECT p.*, {_PATCH} AS patch FROM pair AS p) AS p WHERE p.patch IS NOT NULL
    ), superseded AS (
        UPDATE qingdan.draft AS d SET state = 'superseded', closed_at = :now
        FROM pair AS p
        WHERE d.rule = :rule AND d.state = 'open' AND d.source_item_id = p.superior_id AND d.item_id = p.item_id
          AND NOT EXISTS (SELECT FROM proposed AS n WHERE n.superior_id = p.superior_id AND n.item_id = p.item_id
                            AND n.patch = d.elements)
        RETURNING d.id, d.rule, d.list_id, d.list_kind, d.region_code, d.source_item_id, d.adjustment_id, d.item_id,
                  d.due_at
    ), opened AS (
        INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id,
            source_version, elements, reason, adjustment_id, cause_id, opened_at, due_at)
        SELECT gen_random_uuid(), :rule, CAST(:rule_set AS integer), p.list_id, p.kind, p.region_code, p.item_id,
               p.superior_id, p.superior_version, p.patch,
               {_STATE_WORDS} || '“' || p.superior_name || '”，本级应相应调整',
               CAST(:adjustment_id AS uuid), CAST(:cause_id AS uuid), :now,
               least(CAST(:counted_from AS timestamptz) + p.due_days * interval '1 day', (
                   SELECT min(s.due_at) FROM superseded AS s
                   WHERE s.item_id = p.item_id AND s.source_item_id = p.superior_id))
        FROM proposed AS p WHERE (SELECT count(*) FROM superseded) >= 0
        ON CONFLICT (rule, list_id, source_item_id, item_id) WHERE state = 'open' DO NOTHING
        RETURNING id, rule, list_id, list_kind, region_code, source_item_id, adjustment_id
    )
    SELECT 'opened' AS change, o.id, o.rule, o.list_id, o.list_kind, o.region_code, o.source_item_id AS item_id,
           o.adjustment_id FROM opened AS o
    UNION ALL
    SELECT 'closed', s.id, s.rule, s.list_id, s.list_kind, s.region_code, s.source_item_id, s.adjustment_id
    FROM superseded AS s
    """
)

_DIFFERS = """EXISTS (SELECT FROM jsonb_each(d.elements) AS e
                      WHERE v.elements -> e.key IS DISTINCT FROM nullif(e.value, 'null'))"""

# Somebody brought the entry to what the superior says by another way.
_CLOSE_DONE = Statement(
    f"""
    UPDATE qingdan.draft AS d SET state = 'superseded', closed_at = :now
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE d.rule = :rule AND d.state = 'open' AND d.item_id = i.id AND i.id = ANY (CAST(:ids AS uuid[]))
      AND (i.state = 'cancelled' OR NOT {_DIFFERS})
    RETURNING 'closed' AS change, d.id, d.rule, d.list_id, d.list_kind, d.region_code, d.source_item_id AS item_id,
              d.adjustment_id
    """
)

# What is still otherwise after its day is a violation, also where somebody objected to the draft: an entry may not
# stay in use after the superior has ended it (TH-03).
_LATE = Statement(
    """
    WITH late AS MATERIALIZED (
        SELECT DISTINCT ON (d.item_id, k.element) d.item_id, k.element, i.list_id, i.kind, i.region_code,
               d.source_item_id, d.source_version, d.adjustment_id, d.due_at,
               v.elements -> k.element AS actual, d.elements -> k.element AS expected,
               CASE WHEN k.element = 'state' THEN 'block' ELSE 'error' END AS severity,
               '逾期未落实上级变更：' || d.reason || '，应于'
                   || to_char(d.due_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') || '前办理' AS message
        FROM qingdan.draft AS d
        JOIN qingdan.item AS i ON i.id = d.item_id AND i.state <> 'cancelled'
        JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
        CROSS JOIN LATERAL (
            SELECT coalesce(max(e.key) FILTER (WHERE e.key = 'state'), min(e.key)) AS element
            FROM jsonb_each(d.elements) AS e WHERE v.elements -> e.key IS DISTINCT FROM nullif(e.value, 'null')
        ) AS k
        WHERE d.due_at < CAST(:now AS timestamptz) AND d.rule = :rule AND d.state IN ('open', 'objected')
          AND k.element IS NOT NULL
          AND NOT EXISTS (SELECT FROM qingdan.draft AS n WHERE n.rule = d.rule AND n.item_id = d.item_id
                            AND n.source_item_id = d.source_item_id AND n.opened_at > d.opened_at)
        ORDER BY d.item_id, k.element, d.opened_at DESC
    ), closed AS (
        UPDATE qingdan.finding AS f SET state = 'closed', closed_at = :now
        WHERE f.rule = :late AND f.state <> 'closed'
          AND NOT EXISTS (SELECT FROM late AS l WHERE l.item_id = f.item_id AND l.element = f.element)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    ), opened AS (
        INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
            expected, source_item_id, source_version, message, adjustment_id, opened_at, due_at)
        SELECT gen_random_uuid(), :late, l.severity, l.list_id, l.kind, l.region_code, l.item_id, l.element, l.actual,
               l.expected, l.source_item_id, l.source_version, l.message, l.adjustment_id, :now, l.due_at
        FROM late AS l
        ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO NOTHING
        RETURNING id, rule, list_id, list_kind, region_code, item_id, adjustment_id
    )
    SELECT 'closed' AS change, c.* FROM closed AS c UNION ALL SELECT 'opened', o.* FROM opened AS o
    """
)


async def open_changes(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    befores: Sequence[int],
    *,
    burdens: Sequence[str],
    rule_set: int,
    adjustment_id: UUID | None,
    cause_id: UUID | None,
    now: datetime,
) -> list[Row]:
    """Drafts for the entries below superiors' entries that changed; what opened and closed, `item_id` the superior's.

    `befores` are the versions before, parallel to `ids`; `burdens` the rules that compare burdens.
    """
    given = {"ids": list(ids), "befores": list(befores), "burdens": list(burdens), "rule_set": rule_set}
    return await _OPEN.rows(
        connection,
        given
        | {"rule": CHANGE, "adjustment_id": adjustment_id, "cause_id": cause_id, "now": now}
        | {"counted_from": counted_from(now)},
    )


async def close_done(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[Row]:
    """Close the drafts on entries that say by now what the superior says."""
    return await _CLOSE_DONE.rows(connection, {"ids": list(ids), "rule": CHANGE, "now": now})


async def settle_late(connection: AsyncConnection, now: datetime) -> list[Row]:
    """Open findings on what is late, close those on what no longer is."""
    return await _LATE.rows(connection, {"rule": CHANGE, "late": LATE, "now": now})
