"""SQL of the linkage: rule sets, decided changes, differences and what they lead to, the cascade ledger, the why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage import compiler
from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.judgement import AGREED, Judged
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
           i.version, i.kind, i.region_code, c.successors, CAST(p.patch AS text) AS patch,
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
    """Rows of `difference`; jsonb as text, so that it can be written back without being read.

    Two statements at most: what asks something else than its superior is taken apart by the second.
    """
    if len(parameters.get("overlaid", ())) > MOST_FEW:
        for statement in worlds.STORE_OVERLAY:  # bounded: six statements
            await connection.execute(text(statement), parameters)
        parts = [compiler.Part(part.rule, replace(part.look, stored=True)) for part in parts]
    at_first = [
        compiler.Part(part.rule, replace(part.look, first=part.rule.relation == "not_stricter")) for part in parts
    ]
    rows = await compiler.statement(at_first, _AS_TEXT).rows(connection, parameters)
    unlike = {row.rule for row in rows if row.action == "unlike"}
    if unlike:
        apart = [part for part in parts if part.rule.id in unlike]
        rows = [row for row in rows if row.rule not in unlike]
        rows += await compiler.statement(apart, _AS_TEXT).rows(connection, parameters)
    return rows


_AS_TEXT = """SELECT rule, action, source_id, source_version, target_list, target_id, target_version,
       CAST(expected AS text) AS expected, CAST(actual AS text) AS actual, CAST(messages AS text) AS messages
FROM difference"""

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
# A check of everything takes seconds. What was touched since its differences were computed is not settled by them: a
# draft accepted meanwhile would be opened again, one that a decision has left meanwhile be closed. Whoever touched it
# has had its own counterparts compared.
_JUDGED_UNTOUCHED = (
    _JUDGED
    + """(
    SELECT d.*, CAST(:adjustment_id AS uuid) FROM difference AS d
    WHERE NOT EXISTS (SELECT FROM touched AS t WHERE t.id = d.source_id)
      AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = d.target_id)
)"""
)


def _rule_parameters(rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "rule_ids": [rule.id for rule in rules],
        "titles": [rule.title for rule in rules],
        "severities": [rule.severity for rule in rules],
        "orphans": [rule.orphan or rule.severity for rule in rules],
        "uncovered": [rule.uncovered or rule.severity for rule in rules],
        "validators": [rule.validator for rule in rules],
        "due_days": [rule.due_days for rule in rules],
    }


_OPEN_AROUND = Statement(
    """
    SELECT EXISTS (SELECT FROM qingdan.draft AS d
                   WHERE d.source_item_id = ANY (CAST(:sources AS uuid[])) AND d.state = 'open') AS drafts,
           EXISTS (SELECT FROM qingdan.finding AS f
                   WHERE f.item_id = ANY (CAST(:targets AS uuid[])) AND f.state <> 'closed')
           OR EXISTS (SELECT FROM qingdan.finding AS f
                      WHERE f.source_item_id = ANY (CAST(:ids AS uuid[])) AND f.state <> 'closed')
           OR EXISTS (SELECT FROM qingdan.finding AS f
                      WHERE f.source_item_id = ANY (CAST(:sources AS uuid[])) AND f.item_id = f.source_item_id
                        AND f.state <> 'closed') AS findings
    """
)


async def settle_judged(
    connection: AsyncConnection,
    rules: Sequence[Rule],
    rows: Sequence[Judged],
    *,
    ids: Sequence[UUID],
    unasked_sources: Collection[str],
    unasked_targets: Collection[str],
    rule_set_version: int,
    cause_id: UUID | None,
    now: datetime,
) -> tuple[Sequence[Row], Sequence[Row]]:
    """Make the drafts and the findings around changed items agree with what was judged; what opened and closed.

    Of rules that were not asked about all changed entries as sources, or as targets, what they said of them stands.

    Rows tell the item as `item_id`, of a draft its source.

    Where everything agreed, as it mostly does, and nothing is open that might close, there is nothing to settle.
    """
    told = any(row.action not in AGREED for row in rows)
    if not told:
        sources = {*ids, *(row.source_id for row in rows if row.source_id)}
        targets = {*ids, *(row.target_id for row in rows if row.target_id)}
        around = {"ids": list(ids), "sources": list(sources), "targets": list(targets)}
        (left,) = await _OPEN_AROUND.rows(connection, around)
        if not (left.drafts or left.findings):
            return [], []
    given: dict[str, Any] = {f"d_{name}": [getattr(row, name) for row in rows] for name in Judged.__slots__}
    given |= {"ids": list(ids), "now": now, "strict": False, "rule_set": rule_set_version, "cause_id": cause_id}
    given |= {"unasked_sources": sorted(unasked_sources), "unasked_targets": sorted(unasked_targets)}
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
    since: int | None = None,
) -> tuple[Sequence[Row], Sequence[Row]]:
    """The same for differences nobody has applied: no row leaves the database, entries that ought to follow get both
    a finding and a draft. `since`: the differences were kept by `compute` and know the log up to there."""
    everything = parts[0].look.everything
    rules = [part.rule for part in parts]
    given = dict(parameters) | {"now": now, "strict": True, "adjustment_id": adjustment_id}
    given |= {"list_id": given.get("list_id")} if everything else {"unasked_sources": [], "unasked_targets": []}
    given |= _rule_parameters(rules) | {"rule_set": rule_set_version, "cause_id": cause_id}
    given |= {} if since is None else {"since": since}
    difference = compiler.tables(parts) if since is None else checks.COMPUTED
    touched = checks.NOTHING_TOUCHED if since is None else checks.TOUCHED_SINCE
    judged = f"{difference},\n" + (f"{touched},\n{_JUDGED_UNTOUCHED}" if everything else _JUDGED_NOW)
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
