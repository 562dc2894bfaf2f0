"""SQL of the findings: opened, closed and reopened from differences; read and waived by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.levels import repository as levels
from services.catalog.records import matching
from shared.schema.catalog import finding, list_, region, validation

# Rows of `judged` become findings, one an element. What was waived stays waived while it says the same.
_SETTLE = """, finding_rule AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:rule_ids AS text[]), CAST(:titles AS text[]), CAST(:severities AS text[]),
                         CAST(:orphans AS text[]), CAST(:uncovered AS text[]), CAST(:validators AS text[]),
                         CAST(:due_days AS integer[]))
                  AS r (rule, title, severity, orphan, uncovered, validator, due_days)
), wanted AS MATERIALIZED (
    SELECT DISTINCT ON (j.rule, j.target_id, e.key) j.rule, g.severity, l.id AS list_id, l.kind AS list_kind,
           l.region_code, j.target_id AS item_id, e.key AS element, nullif(j.actual -> e.key, 'null') AS actual,
           nullif(e.value, 'null') AS expected, j.source_id, j.source_version, j.adjustment_id,
           CAST(:now AS timestamptz) + r.due_days * interval '1 day' AS due_at, held.state AS held,
           coalesce(j.messages ->> e.key,
                    '与“' || r.title || '”不一致，应为：'
                    || left(coalesce(j.expected ->> e.key, '（空）'), 200)) AS message
    FROM judged AS j
    JOIN finding_rule AS r ON r.rule = j.rule
    JOIN qingdan.list AS l ON l.id = j.target_list
    CROSS JOIN LATERAL jsonb_each(j.expected) AS e
    CROSS JOIN LATERAL (
        SELECT {level} AS severity
        FROM (SELECT CASE WHEN j.source_id IS NULL THEN r.orphan WHEN j.source_id = j.target_id THEN r.uncovered
                          ELSE r.severity END AS severity) AS d
    ) AS g
    LEFT JOIN qingdan.finding AS held
      ON held.rule = j.rule AND held.item_id = j.target_id AND held.element = e.key AND held.state <> 'closed'
    WHERE (j.action = 'flag' OR (j.action = 'sync' AND CAST(:strict AS boolean))) AND g.severity <> 'off'
    ORDER BY j.rule, j.target_id, e.key, j.source_id
), concerned_finding AS MATERIALIZED (
    {concerned}
), closed_finding AS (
    UPDATE qingdan.finding AS f SET state = 'closed', closed_at = CAST(:now AS timestamptz)
    FROM concerned_finding AS c
    WHERE f.id = c.id AND f.state <> 'closed' AND f.rule = ANY (CAST(:rule_ids AS text[]))
      AND NOT EXISTS (
        SELECT FROM wanted AS w WHERE w.rule = f.rule AND w.item_id = f.item_id AND w.element = f.element)
    RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
), opened_finding AS (
    INSERT INTO qingdan.finding AS f (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
        expected, source_item_id, source_version, message, adjustment_id, opened_at, due_at)
    SELECT gen_random_uuid(), rule, severity, list_id, list_kind, region_code, item_id, element, actual, expected,
           source_id, source_version, message, adjustment_id, CAST(:now AS timestamptz), due_at
    FROM wanted
    ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO UPDATE
    SET actual = excluded.actual, expected = excluded.expected, source_item_id = excluded.source_item_id,
        source_version = excluded.source_version, message = excluded.message, severity = excluded.severity,
        state = CASE WHEN {same} THEN f.state ELSE 'open' END, waiver = CASE WHEN {same} THEN f.waiver END
    WHERE NOT ({same}) OR f.severity <> excluded.severity
    RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id, f.element
), told_finding AS (
    SELECT 'closed' AS change, c.* FROM closed_finding AS c
    UNION ALL
    SELECT 'opened', o.id, o.rule, o.list_id, o.list_kind, o.region_code, o.item_id, o.adjustment_id
    FROM opened_finding AS o JOIN wanted AS w ON w.rule = o.rule AND w.item_id = o.item_id AND w.element = o.element
    WHERE w.held IS DISTINCT FROM 'open'
)"""

# Conditions may not even be re-worded (V32), whatever else an entry may ask (V13).
_LEVEL = levels.held(
    "CASE WHEN r.validator = 'V13' AND e.key = 'conditions' THEN 'V32' ELSE r.validator END",
    "l.region_code", "d.severity",
)  # fmt: skip
_SAME = "(f.actual, f.expected) IS NOT DISTINCT FROM (excluded.actual, excluded.expected)"

# What rules that were asked about the changed entries said of them, and what a rule that was looked at said of its
# targets; another rule's word about the same entry stands.
_OF_ITEMS = """SELECT f.id FROM qingdan.finding AS f
    WHERE f.item_id = ANY (ARRAY(SELECT j.target_id FROM judged AS j UNION SELECT unnest(CAST(:ids AS uuid[]))))
      AND ((f.item_id = ANY (CAST(:ids AS uuid[])) AND f.rule <> ALL (CAST(:unasked_targets AS text[]))) OR EXISTS (
        SELECT FROM judged AS j WHERE j.target_id = f.item_id AND j.rule = f.rule))
    UNION
    SELECT f.id FROM qingdan.finding AS f
    WHERE f.source_item_id = ANY (CAST(:ids AS uuid[])) AND f.rule <> ALL (CAST(:unasked_sources AS text[]))
    UNION  -- a source that had no counterpart, seen again because a counterpart changed
    SELECT f.id FROM qingdan.finding AS f
    WHERE f.source_item_id = ANY (ARRAY(SELECT j.source_id FROM judged AS j)) AND f.item_id = f.source_item_id
      AND EXISTS (SELECT FROM judged AS j WHERE j.source_id = f.source_item_id AND j.rule = f.rule)"""
_OF_ALL = """SELECT f.id FROM qingdan.finding AS f
    WHERE f.state <> 'closed' AND (CAST(:list_id AS uuid) IS NULL OR f.list_id = :list_id)
      AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = f.item_id)
      AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = f.source_item_id)"""


def settlement(*, everything: bool) -> str:
    """Table expressions, to follow `judged`, that make the findings agree with it; the last is `told_finding`."""
    return _SETTLE.format(concerned=_OF_ALL if everything else _OF_ITEMS, level=_LEVEL, same=_SAME)


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """Findings in the order they were opened; `filters` are column values, empty ones do not count."""
    chosen = select(finding).order_by(finding.c.opened_at, finding.c.id).limit(limit)
    chosen = chosen.where(*matching(finding, filters))
    if after:
        chosen = chosen.where(tuple_(finding.c.opened_at, finding.c.id) > tuple_(*after))
    return (await connection.execute(chosen)).all()


async def find(connection: AsyncConnection, finding_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """One finding with its list's leading organ and the regions above it."""
    chosen = (
        select(finding, list_.c.lead_organ_id, region.c.ancestors)
        .join(list_, list_.c.id == finding.c.list_id)
        .join(region, region.c.code == finding.c.region_code)
        .where(finding.c.id == finding_id)
    )
    if lock:
        chosen = chosen.with_for_update(of=finding)
    return (await connection.execute(chosen)).one_or_none()


async def waive(connection: AsyncConnection, finding_id: UUID, waiver: Mapping[str, Any]) -> None:
    """Mark a finding as waived."""
    await connection.execute(
        update(finding).where(finding.c.id == finding_id).values(state="waived", waiver=dict(waiver))
    )


async def reopen_expired(connection: AsyncConnection, today: date, limit: int) -> Sequence[Row[Any]]:
    """Waivers whose last day is over no longer count."""
    rows = await connection.execute(
        text(
            """
            UPDATE qingdan.finding SET state = 'open', waiver = NULL
            WHERE id IN (
                SELECT id FROM qingdan.finding
                WHERE state = 'waived' AND CAST(waiver ->> 'expires_on' AS date) < CAST(:today AS date)
                ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
            RETURNING 'opened' AS change, id, rule, list_id, list_kind, region_code, item_id, adjustment_id
            """
        ),
        {"today": today, "limit": limit},
    )
    return rows.all()


async def waived(connection: AsyncConnection, item_ids: Sequence[UUID]) -> set[tuple[str, UUID, str, Any]]:
    """What is waived on some items: (rule, item, element, what the entry says)."""
    rows = await connection.execute(
        select(finding.c.rule, finding.c.item_id, finding.c.element, finding.c.actual).where(
            finding.c.state == "waived", finding.c.item_id.in_(list(item_ids))
        )
    )
    return {(row.rule, row.item_id, row.element, repr(row.actual)) for row in rows}


async def record_validation(
    connection: AsyncConnection,
    *,
    adjustment_id: UUID,
    submission: int,
    blocking: int,
    findings: Sequence[Mapping[str, Any]],
    at: datetime,
) -> None:
    """Keep the catalog's answer to a submission; asked again for the same submission, the newest answer counts."""
    answer = {"blocking": blocking, "findings": [dict(one) for one in findings], "validated_at": at}
    await connection.execute(
        insert(validation)
        .values(adjustment_id=adjustment_id, submission=submission, **answer)
        .on_conflict_do_update(index_elements=["adjustment_id", "submission"], set_=answer)
    )
