"""SQL of the check: differences kept for a transaction, counted, and what was touched while they were computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage import compiler
from shared.statement import Statement

# Pairs that differ, counted by list and action, and the first of them taken apart by element. What people have waived
# or objected to is settled: it is counted apart.
_MISMATCHES = """, pair AS MATERIALIZED (
    SELECT d.*, l.kind, l.region_code,
           CASE WHEN d.action IN ('draft', 'missing') THEN EXISTS (
                    SELECT FROM qingdan.draft AS o WHERE o.source_item_id = d.source_id AND o.state = 'objected'
                      AND o.rule = d.rule AND o.list_id = d.target_list AND o.item_id IS NOT DISTINCT FROM d.target_id)
                ELSE NOT EXISTS (
                    SELECT FROM jsonb_object_keys(d.expected) AS e (key) WHERE NOT EXISTS (
                        SELECT FROM qingdan.finding AS f WHERE f.rule = d.rule AND f.item_id = d.target_id
                          AND f.element = e.key AND f.state = 'waived')) END AS settled
    FROM difference AS d JOIN qingdan.list AS l ON l.id = d.target_list WHERE d.action <> 'equal'
), counted AS (
    SELECT rule, action, target_list AS list_id, kind AS list_kind, region_code, count(*) AS pairs,
           count(*) FILTER (WHERE settled) AS settled
    FROM pair GROUP BY rule, action, target_list, kind, region_code ORDER BY rule, target_list, action
), shown AS (
    SELECT p.rule, p.action, p.settled, p.target_list AS list_id, p.kind AS list_kind, p.target_id AS item_id,
           e.element, p.actual -> e.element AS "left", e.value AS "right", p.source_id AS source_item_id,
           p.source_version, p.messages ->> e.element AS message
    FROM (SELECT * FROM pair ORDER BY settled, rule, target_list, target_id, source_id LIMIT :limit) AS p
    CROSS JOIN LATERAL (
        SELECT key AS element, value FROM jsonb_each(p.expected) WHERE p.action <> 'missing'
        UNION ALL SELECT 'counterpart', p.expected WHERE p.action = 'missing') AS e
)
SELECT (SELECT jsonb_agg(to_jsonb(c)) FROM counted AS c) AS counts,
       (SELECT jsonb_agg(to_jsonb(s)) FROM shown AS s) AS rows"""


COMPUTED = f"difference ({compiler.ROW}) AS NOT MATERIALIZED (SELECT * FROM pg_temp.computed)"
_OPEN_COMPUTED = text(
    """CREATE TEMPORARY TABLE computed (rule text, action text, source_id uuid, source_version integer,
    target_list uuid, target_id uuid, target_version integer, expected jsonb, actual jsonb, messages jsonb)
    ON COMMIT DROP"""
)


_HEAD = Statement("SELECT position FROM qingdan.log_head")


async def compute(connection: AsyncConnection, parts: Sequence[compiler.Part], given: Mapping[str, Any]) -> int:
    """Keep the differences for the rest of the transaction: a check counts them and settles drafts and findings.

    Returns the position of the log that all of them know.
    """
    return await keep(connection, f"WITH {compiler.tables(parts)} SELECT * FROM difference", given)


async def keep(connection: AsyncConnection, differences: str, given: Mapping[str, Any]) -> int:
    """The same for any SELECT of rows as `difference` has them; they never leave the database."""
    position = int(await _HEAD.value(connection))
    await connection.execute(_OPEN_COMPUTED)
    # The statement's own WITH may stand behind INSERT.
    await connection.execute(text(f"INSERT INTO pg_temp.computed {differences}"), dict(given))
    await connection.execute(text("ANALYZE pg_temp.computed"))
    return position


async def mismatches(connection: AsyncConnection, *, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts by rule, list and action, and the mismatches of the first `limit` pairs, of what was computed.

    A mismatch is {rule, action, settled, list_id, list_kind, item_id, element, left, right, source_item_id,
    source_version, message}; one of a missing counterpart has the element `counterpart` and no item (QX-30).
    """
    row = (await connection.execute(text(f"WITH {COMPUTED}\n{_MISMATCHES}"), {"limit": limit})).one()
    return row.counts or [], row.rows or []


async def allow_long(connection: AsyncConnection, seconds: int) -> None:
    """Raise the limit of this transaction's statements: it belongs to an operation."""
    await connection.execute(text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(seconds * 1000)})


# Entries that were touched since a position of the log, to stand before `judged`.
NOTHING_TOUCHED = "touched (id) AS (SELECT CAST(NULL AS uuid) WHERE false)"
TOUCHED_SINCE = """touched (id) AS MATERIALIZED (
    WITH news AS MATERIALIZED (SELECT e.item_ids, e.refs FROM qingdan.event AS e WHERE e.position > :since)
    SELECT unnest(n.item_ids) FROM news AS n
    UNION
    SELECT v.id FROM qingdan.draft AS d CROSS JOIN LATERAL (VALUES (d.source_item_id), (d.item_id)) AS v (id)
    WHERE v.id IS NOT NULL AND d.id = ANY (ARRAY(
        SELECT CAST(r.id AS uuid) FROM news AS n
        CROSS JOIN LATERAL jsonb_array_elements_text(n.refs -> 'drafts') AS r (id)
    ))
)"""
