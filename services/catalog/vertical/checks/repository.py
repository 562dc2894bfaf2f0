"""SQL of the checks between levels: one statement for entries that changed and those whose levels they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.levels import repository as levels
from services.catalog.vertical.rules import (
    CHECKS,
    DUE_DAYS,
    HELD_ABOVE,
    NO_SOURCE,
    NO_WINDOW,
    NOT_COVERED,
)
from shared.statement import Row, Statement

# Entries in question: those that changed, those of the same main item below them, permits whose handling is described
# by an entry of the implementation list that changed, those with a delegation.
_TARGET = """affected AS MATERIALIZED (
    SELECT unnest(CAST(:ids AS uuid[])) AS id
    UNION
    SELECT t.id FROM qingdan.item AS s
    JOIN qingdan.item AS t ON t.main_code = s.main_code AND t.region_code <> s.region_code
    JOIN qingdan.region AS r ON r.code = t.region_code AND s.region_code = ANY (r.ancestors)
    WHERE s.id = ANY (CAST(:ids AS uuid[]))
    UNION
    SELECT t.id FROM qingdan.item AS m
    JOIN qingdan.item AS t ON t.main_code = m.main_code AND t.kind = 'permit' AND t.region_code = m.region_code
    WHERE m.id = ANY (CAST(:ids AS uuid[])) AND m.kind = 'implementation'
    UNION
    SELECT t.id FROM qingdan.delegation AS d
    JOIN qingdan.item AS t ON t.base_code = d.base_code AND t.kind = d.list_kind AND t.region_code = d.region_code
    WHERE CAST(:delegated AS boolean) OR d.id = ANY (CAST(:delegations AS uuid[]))
), target AS MATERIALIZED (
    SELECT t.id, t.version, t.list_id, t.kind, t.region_code, t.name, t.base_code, t.main_code, t.level, t.state,
           t.implementing_body, t.handling_item, r.level AS region_level, r.kind AS region_kind, r.ancestors,
           v.elements
    FROM affected AS a
    JOIN qingdan.item AS t ON t.id = a.id
    JOIN qingdan.region AS r ON r.code = t.region_code
    JOIN qingdan.item_version AS v ON v.item_id = t.id AND v.number = t.version
    WHERE t.state <> 'cancelled'
)"""

_HELD_ABOVE = f"""SELECT '{HELD_ABOVE}', 'warn', t.id, 'level', to_jsonb(t.level), to_jsonb(CAST('4' AS text)), s.id,
           s.version, '“' || s.name || '”市、县均可实施且不分级，应由县级实施，现仍由市级实施，请研究下放'
    FROM target AS t
    CROSS JOIN LATERAL (
        SELECT c.id, c.version, c.name, string_to_array(c.level, ',') AS levels
        FROM qingdan.item AS c
        WHERE c.kind = 'base_catalogue' AND c.main_code = t.main_code AND c.region_code = ANY (t.ancestors)
          AND c.state = 'in_use'
        ORDER BY c.base_code = t.base_code DESC, array_position(t.ancestors, c.region_code), c.id LIMIT 1
    ) AS s
    JOIN qingdan.item_version AS sv ON sv.item_id = s.id AND sv.number = s.version
    WHERE t.kind = 'permit' AND t.region_level = 'city' AND t.state = 'in_use'
      AND '3' = ANY (string_to_array(t.level, ',')) AND s.levels @> ARRAY['3', '4'] AND NOT '7' = ANY (s.levels)
      AND coalesce(sv.elements ->> 'graded', 'false') <> 'true'
      AND coalesce(t.elements ->> 'graded', 'false') <> 'true'"""

# The window may be named in the list itself or where the organ's handling is described.
_NO_WINDOW = f"""SELECT '{NO_WINDOW}', 'error', t.id, 'in_hall', e.elements -> 'in_hall', CAST(NULL AS jsonb),
           c.superior_item_id, c.superior_version,
           '承接的许可“' || t.name || '”未写明政务大厅窗口，也未说明未进驻的理由'
    FROM target AS t
    JOIN LATERAL (
        SELECT c.superior_item_id, c.superior_version FROM qingdan.claim AS c
        WHERE c.local_item_id = t.id AND c.state = 'claimed' ORDER BY c.id LIMIT 1
    ) AS c ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((
            SELECT v.elements FROM qingdan.item AS i
            JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
            WHERE i.kind = 'implementation' AND i.region_code = t.region_code AND i.base_code = t.base_code
              AND i.implementing_body = t.implementing_body AND i.state <> 'cancelled'
            ORDER BY i.handling_item = t.handling_item DESC, i.id LIMIT 1), '{{}}') || t.elements AS elements
    ) AS e
    WHERE t.kind = 'permit'
      AND NOT (coalesce(e.elements ->> 'in_hall', '') = 'true'
               AND (coalesce(e.elements ->> 'acceptance_window', '') <> ''
                    OR coalesce(e.elements -> 'windows', '[]') NOT IN ('[]', 'null')))
      AND coalesce(e.elements ->> 'not_in_hall_reason', '') = ''"""

_NOT_COVERED = f"""SELECT '{NOT_COVERED}', 'error', t.id, 'base_code', to_jsonb(t.base_code), CAST(NULL AS jsonb),
           CAST(NULL AS uuid), CAST(NULL AS integer),
           '乡镇（街道）实施的许可“' || t.name || '”未列入“' || l.title || '”，县级清单应覆盖县乡两级'
    FROM target AS t
    JOIN LATERAL (
        SELECT l.id, l.title FROM qingdan.region AS c
        JOIN qingdan.list AS l ON l.region_code = c.code AND l.kind = t.kind AND l.state = 'in_force'
        WHERE c.code = ANY (t.ancestors) AND c.level = 'county'
        ORDER BY array_position(t.ancestors, c.code) LIMIT 1
    ) AS l ON true
    WHERE t.kind = 'permit' AND t.region_level IN ('township', 'village') AND t.region_kind = 'administrative'
      AND NOT EXISTS (SELECT FROM qingdan.item AS c
                      WHERE c.list_id = l.id AND c.main_code = t.main_code AND c.state <> 'cancelled')"""

_NO_SOURCE = f"""SELECT '{NO_SOURCE}', 'error', t.id, 'base_code', to_jsonb(t.base_code), CAST(NULL AS jsonb),
           CAST(NULL AS uuid), CAST(NULL AS integer),
           '“' || t.name || '”在“' || l.title || '”中没有来源，也没有有效的委托、赋权文件'
    FROM target AS t
    JOIN qingdan.list AS l ON l.region_code = t.ancestors[1] AND l.kind = t.kind AND l.state = 'in_force'
    WHERE t.region_kind = 'zone'
      AND NOT EXISTS (
        SELECT FROM qingdan.item AS c
        WHERE c.list_id = l.id AND c.state = 'in_use'
          AND CASE WHEN t.base_code IS NULL THEN c.name = t.name ELSE c.base_code = t.base_code END)
      AND NOT EXISTS (
        SELECT FROM qingdan.delegation AS d
        WHERE d.region_code = t.region_code AND d.list_kind = t.kind AND d.base_code = t.base_code
          AND d.state = 'in_force' AND d.valid_from <= CAST(:today AS date)
          AND coalesce(d.valid_until >= CAST(:today AS date), true))"""

_SETTLE = Statement(
    f"""
    WITH {_TARGET}, wanted (rule, severity, item_id, element, actual, expected, source_id, source_version, message)
        AS MATERIALIZED (
    {_HELD_ABOVE}
    UNION ALL
    {_NO_WINDOW}
    UNION ALL
    {_NOT_COVERED}
    UNION ALL
    {_NO_SOURCE}
    ), leveled AS MATERIALIZED (
        SELECT w.*, {levels.held("w.rule", "t.region_code", "w.severity")} AS held
        FROM wanted AS w JOIN target AS t ON t.id = w.item_id
    ), closed AS (
        UPDATE qingdan.finding AS f SET state = 'closed', closed_at = :now
        WHERE f.item_id IN (SELECT a.id FROM affected AS a) AND f.rule = ANY (CAST(:checks AS text[]))
          AND f.state <> 'closed'
          AND NOT EXISTS (SELECT FROM leveled AS w
                          WHERE w.rule = f.rule AND w.item_id = f.item_id AND w.held = f.severity)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    ), opened AS (
        INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
                                     expected, source_item_id, source_version, message, opened_at, due_at)
        SELECT gen_random_uuid(), w.rule, w.held, t.list_id, t.kind, t.region_code, t.id, w.element,
               nullif(w.actual, 'null'), w.expected, w.source_id, w.source_version, w.message, :now,
               CAST(:now AS timestamptz) + CAST(:days AS integer) * interval '1 day'
        FROM leveled AS w JOIN target AS t ON t.id = w.item_id
        WHERE w.held <> 'off' AND (SELECT count(*) FROM closed) >= 0  -- first the old ones go
        ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO NOTHING
        RETURNING id, rule, list_id, list_kind, region_code, item_id, adjustment_id
    )
    SELECT 'closed' AS change, c.* FROM closed AS c UNION ALL SELECT 'opened', o.* FROM opened AS o
    """
)


async def settle(
    connection: AsyncConnection,
    ids: Sequence[UUID],
    *,
    today: date,
    now: datetime,
    delegations: Sequence[UUID] = (),
    delegated: bool = False,
) -> list[Row]:
    """Make the findings of the checks agree with the entries `ids` and those below them; what opened and closed.

    `delegations`: also entries these delegations are about; `delegated`: those of all delegations.
    """
    given = {"ids": list(ids), "today": today, "now": now, "checks": list(CHECKS), "days": DUE_DAYS}
    return await _SETTLE.rows(connection, given | {"delegations": list(delegations), "delegated": delegated})
