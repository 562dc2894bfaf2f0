"""SQL of candidates: which entries of the lists in force the cause of an adjustment concerns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.adjustments.rules import Adjustment
from services.workflow.candidates.rules import KEYS
from shared.statement import Row, Statement

# More of them is another adjustment: nobody answers for more at once.
MOST = 1_000

# Lists in force of the region and below, and in them the entries of the organs that take part and of their bodies.
_LISTS = """lists AS (
        SELECT l.id, l.title FROM qingdan.catalog_list_v1 AS l
        JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE l.state = 'in_force' AND l.mirrored_from IS NULL AND (r.code = :region OR :region = ANY (r.ancestors)))"""
_MINE = f"""{_LISTS}, mine AS (
        SELECT i.id, i.list_id, i.kind, i.region_code, i.name, i.base_code, i.implementing_body, i.state, i.version,
               l.title AS list_title
        FROM lists AS l JOIN qingdan.catalog_item_v1 AS i ON i.list_id = l.id
        WHERE i.state <> 'cancelled' AND i.implementing_body IN (
            SELECT o.id FROM qingdan.catalog_organ_v1 AS o
            WHERE o.id = ANY (CAST(:organs AS uuid[])) OR o.supervising_organ_id = ANY (CAST(:organs AS uuid[]))))"""
_SHOWN = """m.id AS entry_id, m.id AS item_id, m.list_id, m.kind AS list_kind, m.list_title, m.region_code, m.name,
           m.base_code"""

# One way of handling that goes on keeps the matter: only where all that the superior had of it has ended.
_SUPERIOR = f"""
    WITH {_MINE}
    SELECT DISTINCT ON (m.id) {_SHOWN}, u.name AS source_name, ul.title AS source_list
    FROM mine AS m
    JOIN qingdan.catalog_region_v1 AS r ON r.code = m.region_code
    JOIN qingdan.catalog_item_v1 AS u
      ON u.base_code = m.base_code AND u.kind = m.kind AND u.region_code = ANY (r.ancestors)
    JOIN qingdan.catalog_list_v1 AS ul ON ul.id = u.list_id AND ul.state = 'in_force'
    WHERE u.state = '{{state}}' AND m.state <> '{{state}}'
      AND NOT EXISTS (SELECT FROM qingdan.catalog_item_v1 AS o
                      WHERE o.base_code = u.base_code AND o.kind = u.kind AND o.region_code = u.region_code
                        AND o.state = 'in_use')
    ORDER BY m.id, array_position(r.ancestors, u.region_code) LIMIT {MOST}
    """
_SUPERIOR_CHANGED = f"""
    WITH {_MINE}
    SELECT {_SHOWN}, h.superior_name AS source_name, h.superior_list AS source_list, h.elements AS expected,
           (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(v.elements) AS e WHERE h.elements ? e.key)
               AS elements
    FROM qingdan.catalog_inheritance_v1 AS h
    JOIN mine AS m ON m.id = h.item_id
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = m.id AND v.number = m.version
    WHERE h.item_id = ANY (ARRAY(SELECT id FROM mine)) AND NOT v.elements @> h.elements
    ORDER BY m.id LIMIT {MOST}
    """
_SUPERIOR_DEVOLVED = f"""
    WITH {_LISTS}
    SELECT u.id AS entry_id, CAST(NULL AS uuid) AS item_id, o.id AS list_id, c.list_kind, o.title AS list_title,
           c.region_code, u.name, u.base_code, ul.title AS source_list,
           (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(v.elements) AS e
            WHERE e.key IN ('name', 'base_code', 'item_type', 'basis', 'level')) AS elements
    FROM qingdan.catalog_claim_v1 AS c
    JOIN qingdan.catalog_item_v1 AS u ON u.id = c.superior_item_id AND u.state <> 'cancelled'
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = u.id AND v.number = u.version
    JOIN qingdan.catalog_list_v1 AS ul ON ul.id = u.list_id
    LEFT JOIN qingdan.catalog_list_v1 AS o
      ON o.region_code = c.region_code AND o.kind = c.list_kind AND o.id IN (SELECT id FROM lists)
    WHERE c.region_code = :region AND c.organ_id = ANY (CAST(:organs AS uuid[])) AND c.state = 'offered'
    ORDER BY u.id LIMIT {MOST}
    """
# What an organ that gives entries away still has.
_REFORMED = f"""
    WITH {_LISTS}, giving AS (
        SELECT c.organ_id, min(c.proposed ->> 'implementing_body') AS heir
        FROM qingdan.change AS c WHERE c.adjustment_id = :adjustment_id AND c.operation = 'transfer'
        GROUP BY c.organ_id)
    SELECT i.id AS entry_id, i.id AS item_id, i.list_id, i.kind AS list_kind, l.title AS list_title, i.region_code,
           i.name, i.base_code, o.name AS source_name, g.heir, o.state <> 'active' AS abolished
    FROM giving AS g
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.organ_id
    CROSS JOIN lists AS l
    JOIN qingdan.catalog_item_v1 AS i
      ON i.list_id = l.id AND i.implementing_body = g.organ_id AND i.state <> 'cancelled'
    ORDER BY i.id LIMIT {MOST}
    """


def _picked(of: str) -> str:
    """The elements of a version that proposals are made of; entries have many more."""
    keys = ", ".join(f"'{key}'" for key in KEYS)
    return f"""(SELECT coalesce(jsonb_object_agg(e.key, e.value), '{{}}')
            FROM jsonb_each({of}.elements) AS e WHERE e.key IN ({keys}))"""


# The same matter in other lists: same base code and organ. Of a clean-up without any change yet all intermediary
# services of the organs count as if they were to go (`wished`).
_SAME_MATTER = f"""
    WITH {_MINE}, concerned AS (
        SELECT i.id, i.kind, i.name, i.base_code, i.implementing_body, i.region_code, v.elements, c.operation,
               c.proposed, false AS wished
        FROM qingdan.change AS c
        JOIN qingdan.catalog_item_v1 AS i ON i.id = c.item_id
        JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
        WHERE c.adjustment_id = :adjustment_id AND coalesce(c.outcome, 'conflict') = 'conflict'
        UNION ALL
        SELECT m.id, m.kind, m.name, m.base_code, m.implementing_body, m.region_code, v.elements, 'cancel', '{{}}', true
        FROM mine AS m
        JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = m.id AND v.number = m.version
        WHERE CAST(:services AS boolean) AND m.kind = 'intermediary_service'
          AND NOT EXISTS (SELECT FROM qingdan.change AS c WHERE c.adjustment_id = :adjustment_id))
    SELECT s.id AS entry_id, s.id AS item_id, s.list_id, s.kind AS list_kind, l.title AS list_title, s.region_code,
           s.name, s.base_code, c.id AS source_id, c.kind AS source_kind, c.name AS source_name, c.operation,
           c.proposed, c.wished, {_picked("c")} AS source_elements, {_picked("v")} AS elements
    FROM concerned AS c
    JOIN qingdan.catalog_item_v1 AS s
      ON s.base_code = c.base_code AND s.region_code = c.region_code AND s.state <> 'cancelled'
     AND s.implementing_body IS NOT DISTINCT FROM c.implementing_body
    JOIN lists AS l ON l.id = s.list_id
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = s.id AND v.number = s.version
    WHERE s.id <> c.id OR c.wished
    ORDER BY s.id, c.id LIMIT {MOST}
    """
# K23: what an entry cites has been amended or repealed. A rectification is about whatever is wrong.
_FINDINGS = f"""
    WITH {_MINE}
    SELECT DISTINCT ON (m.id) {_SHOWN}, f.message
    FROM mine AS m
    JOIN qingdan.catalog_finding_v1 AS f ON f.item_id = m.id AND f.state = 'open' AND {{which}}
    ORDER BY m.id, f.opened_at LIMIT {MOST}
    """


_MATTER = Statement(_SAME_MATTER)
_STATEMENTS = {
    "superior_ended": Statement(_SUPERIOR.format(state="cancelled")),
    "superior_suspended": Statement(_SUPERIOR.format(state="suspended")),
    "superior_changed": Statement(_SUPERIOR_CHANGED),
    "superior_devolved": Statement(_SUPERIOR_DEVOLVED),
    "organ_reformed": Statement(_REFORMED),
    "intermediary_cleaned": _MATTER,
    "process_changed": _MATTER,
    "charge_changed": _MATTER,
    "matter_ended": _MATTER,
    "basis_changed": Statement(_FINDINGS.format(which="f.rule = 'K23'")),
    "finding_open": Statement(_FINDINGS.format(which="f.severity <> 'warn'")),
}
_COVERED = Statement(
    """
    SELECT c.item_id, c.operation, ARRAY(SELECT jsonb_object_keys(c.proposed)) AS elements,
           CASE WHEN c.operation = 'add' THEN c.list_id END AS added_to, c.proposed ->> 'base_code' AS base_code
    FROM qingdan.change AS c WHERE c.adjustment_id = :adjustment_id
    """
)
_ANSWERS = Statement(
    """
    SELECT a.rule, a.entry_id, a.answer, a.reason, a.answered_by, a.answered_at
    FROM qingdan.candidate_answer AS a WHERE a.adjustment_id = :adjustment_id
    """
)
_SAVE = Statement(
    """
    INSERT INTO qingdan.candidate_answer AS a (adjustment_id, rule, entry_id, answer, reason, answered_by, answered_at)
    SELECT :adjustment_id, n.rule, n.entry_id, n.answer, n.reason, :actor, :now
    FROM jsonb_to_recordset(CAST(:answers AS jsonb)) AS n(rule text, entry_id uuid, answer text, reason text)
    ON CONFLICT (adjustment_id, rule, entry_id) DO UPDATE
    SET answer = excluded.answer, reason = excluded.reason, answered_by = excluded.answered_by,
        answered_at = excluded.answered_at
    """
)


async def found(connection: AsyncConnection, adjustment: Adjustment, rule: str) -> list[Row]:
    """Entries that a rule finds for an adjustment, each with what makes it a candidate."""
    given = {
        "region": adjustment.region_code,
        "organs": adjustment.organs,
        "adjustment_id": adjustment.id,
        "services": rule == "intermediary_cleaned",
    }
    return await _STATEMENTS[rule].rows(connection, given)


async def covered(
    connection: AsyncConnection, adjustment_id: UUID
) -> tuple[dict[UUID, tuple[str, list[str]]], set[tuple[UUID, str]]]:
    """What an adjustment does to entries (operation, elements), and (list, base code) of those it adds."""
    rows = await _COVERED.rows(connection, {"adjustment_id": adjustment_id})
    added = {(row.added_to, row.base_code) for row in rows if row.added_to and row.base_code}
    return {row.item_id: (row.operation, row.elements) for row in rows}, added


async def answers(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """What was answered: rule, entry_id, answer, reason, answered_by, answered_at."""
    return await _ANSWERS.rows(connection, {"adjustment_id": adjustment_id})


async def save(
    connection: AsyncConnection, adjustment_id: UUID, given: Sequence[dict[str, Any]], *, actor: str, now: datetime
) -> None:
    """Keep answers; one to the same candidate takes the place of the earlier one."""
    answered = orjson.dumps(list(given), default=str).decode()
    await _SAVE.rows(connection, {"adjustment_id": adjustment_id, "answers": answered, "actor": actor, "now": now})
