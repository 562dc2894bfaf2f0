"""SQL of the linkage: rule sets, decided changes, differences and what they lead to, the cascade ledger, the why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage import compiler
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.judgement import Judged
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.worlds import repository as worlds
from services.catalog.quality import repository as findings
from shared.statement import Row, Statement

_RULE_SET = """(
    SELECT rs.version, CAST(rs.rules AS text) AS rules FROM qingdan.rule_set AS rs
    WHERE rs.state = 'adopted' AND rs.effective_from <= CAST(:at AS timestamptz)
    ORDER BY rs.effective_from DESC, rs.version DESC LIMIT 1
)"""

# Statements of a cascade are large and the same every time: for a few entries planning them anew costs more than
# running them, and a plan made while the tables were still empty must not scan them later. For many entries a plan
# must know how many there are, else it joins them in nested loops.
_FEW = "set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"
_MANY = "set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'on', true)"
MOST_FEW = 20

_RULES = Statement(f"SELECT r.version, r.rules, CAST(NULL AS text[]) AS kinds FROM {_RULE_SET} AS r")
_RULES_FOR = {
    settings: Statement(
        f"SELECT {settings}, r.version, r.rules, CAST(NULL AS text[]) AS kinds"
        f" FROM (SELECT) AS o LEFT JOIN {_RULE_SET} AS r ON true"
    )
    for settings in (_FEW, _MANY)
}
# Items in id order; the next statement sees what others committed before they were locked. What kinds of list there
# are in the regions concerned is asked beside it: a rule for a list nobody keeps is not even looked at.
_LOCKED_RULES_FOR = {
    settings: Statement(
        f"""
        WITH locked AS MATERIALIZED (
            SELECT i.id FROM qingdan.item AS i
            WHERE i.id IN (SELECT c.item_id FROM qingdan.workflow_change_v1 AS c
                           WHERE c.adjustment_id = ANY (CAST(:adjustment_ids AS uuid[])))
            ORDER BY i.id FOR NO KEY UPDATE
        )
        SELECT {settings}, (SELECT count(*) FROM locked), r.version, r.rules, ARRAY(
                   SELECT DISTINCT l.kind
                   FROM (SELECT DISTINCT m.region_code FROM qingdan.workflow_change_v1 AS c
                         JOIN qingdan.list AS m ON m.id = c.list_id
                         WHERE c.adjustment_id = ANY (CAST(:adjustment_ids AS uuid[]))) AS q
                   JOIN qingdan.list AS l ON l.region_code = q.region_code) AS kinds
        FROM (SELECT) AS o LEFT JOIN {_RULE_SET} AS r ON true
        """
    )
    for settings in (_FEW, _MANY)
}


async def rules_at(
    connection: AsyncConnection, at: datetime, *, entries: int | None = None, lock: Sequence[UUID] = ()
) -> Row | None:
    """Version and rules (JSON text) of the rule set in force at an instant, and the kinds of list the regions keep.

    `entries` also tells the planner how many entries the statements of this transaction look at; with it, `lock` locks
    the items that adjustments change and looks at the regions of their lists; else `kinds` is None.
    """
    if entries is None:
        return await _RULES.row(connection, {"at": at})
    settings = _FEW if entries <= MOST_FEW else _MANY
    statement = _LOCKED_RULES_FOR[settings] if lock else _RULES_FOR[settings]
    row = await statement.row(connection, {"at": at, "adjustment_ids": list(lock)})
    return row if row is not None and row.version is not None else None


_DECIDED = Statement(
    """
    SELECT c.adjustment_id, c.operation, c.list_id, c.item_id, coalesce(c.effective_at, c.decided_at) AS at,
           i.version, i.kind, i.region_code, CAST(p.patch AS text) AS patch,
           ARRAY(SELECT jsonb_object_keys(p.patch)) AS touched,
           CASE WHEN c.operation = 'add' THEN CASE WHEN i.id IS NULL THEN '{}' ELSE ARRAY['name'] END
                WHEN i.id IS NULL THEN ARRAY['name'] ELSE x.elements END AS conflicts
    FROM qingdan.workflow_change_v1 AS c
    LEFT JOIN qingdan.item AS i ON i.id = c.item_id
    LEFT JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    CROSS JOIN LATERAL (
        SELECT c.proposed || CASE c.operation WHEN 'suspend' THEN '{"state": "suspended"}'
            WHEN 'resume' THEN '{"state": "in_use"}' WHEN 'cancel' THEN '{"state": "cancelled"}'
            ELSE '{}' END::jsonb AS patch
    ) AS p
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(e.key ORDER BY e.key), '{}') AS elements
        FROM jsonb_each(p.patch || CASE WHEN i.state = 'cancelled' AND NOT c.base ? 'state'
                                        THEN coalesce(jsonb_build_object('state', p.patch -> 'state'), '{}')
                                        ELSE '{}' END) AS e
        WHERE nullif(v.elements -> e.key, 'null') IS DISTINCT FROM nullif(e.value, 'null')
          AND CASE WHEN e.key = 'state' AND NOT c.base ? 'state' THEN i.state = 'cancelled'
                   ELSE nullif(v.elements -> e.key, 'null') IS DISTINCT FROM nullif(c.base -> e.key, 'null') END
    ) AS x
    WHERE c.adjustment_id = ANY (CAST(:adjustment_ids AS uuid[]))
    ORDER BY c.adjustment_id, c.number
    """
)


async def decided_changes(connection: AsyncConnection, adjustment_ids: Sequence[UUID]) -> Sequence[Row]:
    """Changes of adjustments with their patch and the elements that are in conflict with what is in force.

    An element is in conflict when it is neither what the compiler saw nor already what is proposed. A change of an
    entry that was cancelled meanwhile is in conflict as a whole, as is one of an entry that is not there.
    """
    return await _DECIDED.rows(connection, {"adjustment_ids": list(adjustment_ids)})


async def differences(
    connection: AsyncConnection, parts: Sequence[compiler.Part], parameters: Mapping[str, Any]
) -> Sequence[Row]:
    """Rows of `difference`; jsonb as text, so that it can be written back without being read."""
    if len(parameters.get("overlaid", ())) > MOST_FEW:
        for statement in worlds.STORE_OVERLAY:  # bounded: six statements
            await connection.execute(text(statement), parameters)
        parts = [compiler.Part(part.rule, replace(part.look, stored=True)) for part in parts]
    return await compiler.statement(parts, _AS_TEXT).rows(connection, parameters)


_AS_TEXT = """SELECT rule, action, source_id, source_version, target_list, target_id, target_version,
       CAST(expected AS text) AS expected, CAST(actual AS text) AS actual, CAST(messages AS text) AS messages
FROM difference"""

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


_COMPUTED = f"difference ({compiler.ROW}) AS NOT MATERIALIZED (SELECT * FROM pg_temp.computed)"
_OPEN_COMPUTED = text(
    """CREATE TEMPORARY TABLE computed (rule text, action text, source_id uuid, source_version integer,
    target_list uuid, target_id uuid, target_version integer, expected jsonb, actual jsonb, messages jsonb)
    ON COMMIT DROP"""
)


async def compute(connection: AsyncConnection, parts: Sequence[compiler.Part], given: Mapping[str, Any]) -> None:
    """Keep the differences for the rest of the transaction: a check counts them and settles drafts and findings."""
    await connection.execute(_OPEN_COMPUTED)
    # The statement's own WITH may stand behind INSERT; its rows never leave the database.
    rows = compiler.tables(parts)
    await connection.execute(text(f"INSERT INTO pg_temp.computed WITH {rows} SELECT * FROM difference"), dict(given))
    await connection.execute(text("ANALYZE pg_temp.computed"))


async def mismatches(connection: AsyncConnection, *, limit: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts by rule, list and action, and the mismatches of the first `limit` pairs, of what was computed.

    A mismatch is {rule, action, settled, list_id, list_kind, item_id, element, left, right, source_item_id,
    source_version, message}; one of a missing counterpart has the element `counterpart` and no item (QX-30).
    """
    row = (await connection.execute(text(f"WITH {_COMPUTED}\n{_MISMATCHES}"), {"limit": limit})).one()
    return row.counts or [], row.rows or []


async def allow_long(connection: AsyncConnection, seconds: int) -> None:
    """Raise the limit of this transaction's statements: it belongs to an operation."""
    await connection.execute(text("SELECT set_config('statement_timeout', :ms, true)"), {"ms": str(seconds * 1000)})


_JUDGED = f"judged ({compiler.ROW}, adjustment_id) AS MATERIALIZED "
_JUDGED_ROWS = (
    _JUDGED
    + """(
    SELECT * FROM unnest(CAST(:d_rule AS text[]), CAST(:d_action AS text[]), CAST(:d_source_id AS uuid[]),
        CAST(:d_source_version AS integer[]), CAST(:d_target_list AS uuid[]), CAST(:d_target_id AS uuid[]),
        CAST(:d_target_version AS integer[]), CAST(:d_expected AS jsonb[]), CAST(:d_actual AS jsonb[]),
        CAST(:d_messages AS jsonb[]), CAST(:d_adjustment_id AS uuid[]))
)"""
)
_JUDGED_NOW = _JUDGED + "(SELECT d.*, CAST(:adjustment_id AS uuid) FROM difference AS d)"


def _rule_parameters(rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "rule_ids": [rule.id for rule in rules],
        "titles": [rule.title for rule in rules],
        "severities": [rule.severity for rule in rules],
        "due_days": [rule.due_days for rule in rules],
    }


_OPEN_AROUND = Statement(
    """
    SELECT EXISTS (SELECT FROM qingdan.draft AS d
                   WHERE d.source_item_id = ANY (CAST(:sources AS uuid[])) AND d.state = 'open') AS drafts,
           EXISTS (SELECT FROM qingdan.finding AS f
                   WHERE f.item_id = ANY (CAST(:targets AS uuid[])) AND f.state <> 'closed')
           OR EXISTS (SELECT FROM qingdan.finding AS f
                      WHERE f.source_item_id = ANY (CAST(:ids AS uuid[])) AND f.state <> 'closed') AS findings
    """
)


async def settle_judged(
    connection: AsyncConnection,
    rules: Sequence[Rule],
    rows: Sequence[Judged],
    *,
    ids: Sequence[UUID],
    rule_set_version: int,
    cause_id: UUID | None,
    now: datetime,
) -> tuple[Sequence[Row], Sequence[Row]]:
    """Make the drafts and the findings around changed items agree with what was judged; what opened and closed.

    Rows tell the item as `item_id`, of a draft its source.

    Where everything agreed, as it mostly does, and nothing is open that might close, there is nothing to settle.
    """
    told = any(row.action != "equal" for row in rows)
    if not told:
        sources = {*ids, *(row.source_id for row in rows if row.source_id)}
        targets = {*ids, *(row.target_id for row in rows if row.target_id)}
        around = {"ids": list(ids), "sources": list(sources), "targets": list(targets)}
        (left,) = await _OPEN_AROUND.rows(connection, around)
        if not (left.drafts or left.findings):
            return [], []
    given: dict[str, Any] = {f"d_{name}": [getattr(row, name) for row in rows] for name in Judged.__slots__}
    given |= {"ids": list(ids), "now": now, "strict": False, "rule_set": rule_set_version, "cause_id": cause_id}
    settled = await _settling(_JUDGED_ROWS, everything=False).rows(connection, given | _rule_parameters(rules))
    return _told(settled)


async def settle_computed(
    connection: AsyncConnection,
    parts: Sequence[compiler.Part],
    parameters: Mapping[str, Any],
    *,
    rule_set_version: int,
    adjustment_id: UUID | None,
    cause_id: UUID | None,
    now: datetime,
    computed: bool = False,
) -> tuple[Sequence[Row], Sequence[Row]]:
    """The same for differences nobody has applied: no row leaves the database, entries that ought to follow get both
    a finding and a draft. `computed`: the differences were kept by `compute`."""
    everything = parts[0].look.everything
    rules = [part.rule for part in parts]
    given = dict(parameters) | {"now": now, "strict": True, "adjustment_id": adjustment_id}
    if everything:
        given.setdefault("list_id", None)
    given |= _rule_parameters(rules) | {"rule_set": rule_set_version, "cause_id": cause_id}
    judged = f"{_COMPUTED if computed else compiler.tables(parts)},\n{_JUDGED_NOW}"
    return _told(await _settling(judged, everything=everything).rows(connection, given))


@lru_cache(maxsize=128)
def _settling(judged: str, *, everything: bool) -> Statement:
    """Drafts and findings in one statement: the difference, which is most of the work, is computed once for both."""
    settled = drafts.settlement(everything=everything) + findings.settlement(everything=everything)
    return Statement(
        f"WITH {judged}{settled}\n"
        "SELECT 'draft' AS subject, change, id, rule, list_id, list_kind, region_code, source_item_id AS item_id,"
        " adjustment_id FROM told_draft\nUNION ALL\n"
        "SELECT 'finding', change, id, rule, list_id, list_kind, region_code, item_id, adjustment_id FROM told_finding"
    )


def _told(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    return [row for row in rows if row.subject == "draft"], [row for row in rows if row.subject == "finding"]
