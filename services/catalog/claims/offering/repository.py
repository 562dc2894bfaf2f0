"""SQL of offering: which matters of superiors a region is to claim, and the statement that opens these claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Regions that claim a kind, by the nearest plan, with the superior's list they claim from: the nearest of the first
# kind that is kept above. Zones and virtual regions claim only by a plan of their own: a zone builds its lists against
# its county's.
SCOPE = """scope AS MATERIALIZED (
    SELECT r.code AS region_code, p.list_kind, p.item_types, p.due_days, d.digit, s.id AS source_list
    FROM qingdan.region AS r
    JOIN (VALUES ('nation', '1'), ('province', '2'), ('city', '3'), ('county', '4'), ('township', '5'),
                 ('village', '6')) AS d (level, digit) ON d.level = r.level
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (p.list_kind) p.*
        FROM qingdan.claim_plan AS p
        WHERE p.region_code = r.code OR (r.kind = 'administrative' AND p.region_code = ANY (r.ancestors))
        ORDER BY p.list_kind, coalesce(array_position(r.ancestors, p.region_code), 0)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT l.id FROM qingdan.list AS l
        WHERE l.region_code = ANY (r.ancestors) AND l.kind = ANY (p.source_kinds) AND l.state = 'in_force'
        ORDER BY array_position(p.source_kinds, l.kind), array_position(r.ancestors, l.region_code) LIMIT 1
    ) AS s
    WHERE p.active AND r.participates
      AND (r.ancestors @> ARRAY[CAST(:region AS text)] AND CAST(:below AS boolean) OR r.code = CAST(:region AS text))
      AND (CAST(:list_kind AS text) IS NULL OR p.list_kind = CAST(:list_kind AS text))
)"""

SUPERIOR = """superior AS MATERIALIZED (
    SELECT u.id, u.version, u.list_id, u.base_code, u.main_code, u.item_type, u.state,
           string_to_array(u.level, ',') AS levels,
           coalesce(o.system, v.elements ->> 'central_department') AS system
    FROM qingdan.item AS u
    JOIN qingdan.item_version AS v ON v.item_id = u.id AND v.number = u.version
    LEFT JOIN qingdan.organ AS o ON o.id = u.implementing_body
    WHERE u.list_id IN (SELECT s.source_list FROM scope AS s) AND u.base_code IS NOT NULL
      AND (CAST(:ids AS uuid[]) IS NULL OR u.id = ANY (CAST(:ids AS uuid[])))
), wanted AS MATERIALIZED (
    SELECT s.region_code, s.list_kind, s.due_days, u.id, u.version, u.list_id, u.base_code, u.main_code, u.system
    FROM scope AS s
    JOIN superior AS u ON u.list_id = s.source_list
    WHERE u.state = 'in_use' AND (cardinality(s.item_types) = 0 OR u.item_type = ANY (s.item_types))
      AND (u.levels IS NULL OR s.digit = ANY (u.levels) OR '7' = ANY (u.levels))
)"""

# A local entry stands for the superior's with its base code; with another one of the same main item where the superior
# lists none of that code: sub-items of two levels have codes of their own (K20).
STANDS_FOR = """t.main_code = {u}.main_code AND t.state <> 'cancelled'
    AND (t.base_code = {u}.base_code OR NOT EXISTS (
        SELECT FROM qingdan.item AS e
        WHERE e.base_code = t.base_code AND e.list_id = {u}.list_id AND e.state = 'in_use'))"""

HELD = f"""held AS MATERIALIZED (
    SELECT w.id, w.region_code, w.list_kind, t.implementing_body AS organ_id
    FROM wanted AS w
    JOIN qingdan.item AS t ON t.kind = w.list_kind AND t.region_code = w.region_code
        AND {STANDS_FOR.format(u="w")}
    GROUP BY w.id, w.region_code, w.list_kind, t.implementing_body
)"""

# An organ of the same system (条线) as the superior's; where that is a vertical one its matters are not claimable.
# Else whoever leads the list here says whose it is.
_ASSIGNED = """systems AS MATERIALIZED (
    SELECT DISTINCT ON (o.region_code, o.system) o.region_code, o.system, o.id, o.vertical
    FROM qingdan.organ AS o
    WHERE o.state = 'active' AND o.system IN (SELECT DISTINCT w.system FROM wanted AS w)
      AND o.region_code IN (SELECT s.region_code FROM scope AS s)
    ORDER BY o.region_code, o.system, o.vertical DESC, o.id
), leads AS MATERIALIZED (
    SELECT s.region_code, s.list_kind, coalesce(l.lead_organ_id, m.lead_organ_id) AS organ_id
    FROM (SELECT DISTINCT region_code, list_kind FROM scope) AS s
    LEFT JOIN qingdan.list AS l ON l.region_code = s.region_code AND l.kind = s.list_kind
    LEFT JOIN qingdan.list_responsibility AS m ON m.region_code = s.region_code AND m.list_kind = s.list_kind
), assigned AS (
    SELECT w.*, h.organ_id, 'entry' AS assigned_by FROM wanted AS w
    JOIN held AS h ON h.id = w.id AND h.region_code = w.region_code AND h.list_kind = w.list_kind
    UNION ALL
    SELECT w.*, coalesce(y.id, d.organ_id),
           CASE WHEN y.id IS NOT NULL THEN 'system' WHEN d.organ_id IS NOT NULL THEN 'lead' ELSE 'nobody' END
    FROM wanted AS w
    LEFT JOIN systems AS y ON y.region_code = w.region_code AND y.system = w.system
    LEFT JOIN leads AS d ON d.region_code = w.region_code AND d.list_kind = w.list_kind
    WHERE coalesce(NOT y.vertical, true)
      AND NOT EXISTS (SELECT FROM held AS h
                      WHERE h.id = w.id AND h.region_code = w.region_code AND h.list_kind = w.list_kind)
      AND NOT EXISTS (SELECT FROM qingdan.claim AS c
                      WHERE c.superior_item_id = w.id AND c.region_code = w.region_code AND c.list_kind = w.list_kind)
)"""

# What was withdrawn because the superior had cancelled or suspended it is offered again when it is back.
_OFFER = Statement(
    f"""
    WITH {SCOPE}, {SUPERIOR}, {HELD}, {_ASSIGNED}, revived AS (
        UPDATE qingdan.claim AS c
        SET state = 'offered', offered_at = :now, superior_version = w.version, version = c.version + 1,
            due_at = CAST(:now AS timestamptz) + w.due_days * interval '1 day'
        FROM wanted AS w
        WHERE c.superior_item_id = w.id AND c.region_code = w.region_code AND c.list_kind = w.list_kind
          AND c.state = 'withdrawn'
        RETURNING c.region_code, c.list_kind, c.organ_id
    ), withdrawn AS (
        UPDATE qingdan.claim AS c SET state = 'withdrawn', version = c.version + 1
        FROM superior AS u
        JOIN scope AS s ON s.source_list = u.list_id
        WHERE c.superior_item_id = u.id AND c.region_code = s.region_code AND c.list_kind = s.list_kind
          AND c.state IN ('offered', 'disputed')
          AND NOT EXISTS (SELECT FROM wanted AS w
                          WHERE w.id = u.id AND w.region_code = c.region_code AND w.list_kind = c.list_kind)
        RETURNING c.region_code, c.list_kind, c.organ_id
    ), opened AS (
        INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,
                                   organ_id, assigned_by, state, offered_at, due_at, adjustment_id)
        SELECT gen_random_uuid(), a.id, a.list_id, a.version, a.list_kind, a.region_code, a.organ_id, a.assigned_by,
               'offered', :now, CAST(:now AS timestamptz) + a.due_days * interval '1 day',
               CAST(:adjustment_id AS uuid)
        FROM assigned AS a
        ON CONFLICT (superior_item_id, region_code, list_kind, organ_id) DO NOTHING
        RETURNING region_code, list_kind, organ_id
    )
    SELECT change, region_code, list_kind, array_agg(DISTINCT organ_id) AS organs, count(*) AS claims
    FROM (SELECT 'offered' AS change, * FROM opened UNION ALL SELECT 'offered', * FROM revived
          UNION ALL SELECT 'withdrawn', * FROM withdrawn) AS told
    GROUP BY change, region_code, list_kind ORDER BY change, region_code, list_kind
    """
)

# Matters a region has to say something about, straight from the lists: what was changed a moment ago counts.
_UNHANDLED = Statement(
    f"""
    WITH {SCOPE}, {SUPERIOR}, {HELD}, said AS (
        SELECT w.id, coalesce(
                   max(c.state) FILTER (WHERE c.state = 'disputed'),
                   CASE WHEN EXISTS (SELECT FROM held AS h WHERE h.id = w.id) THEN 'claimed' END,
                   max(c.state) FILTER (WHERE c.state = 'not_applicable'),
                   max('without_entry') FILTER (WHERE c.state = 'claimed'), 'offered') AS state
        FROM wanted AS w
        LEFT JOIN qingdan.claim AS c
          ON c.superior_item_id = w.id AND c.region_code = w.region_code AND c.list_kind = w.list_kind
        GROUP BY w.id
    )
    SELECT count(*) FILTER (WHERE s.state = 'offered') AS offered,
           count(*) FILTER (WHERE s.state = 'disputed') AS disputed,
           count(*) FILTER (WHERE s.state = 'without_entry') AS without_entry
    FROM said AS s
    WHERE NOT EXISTS (
        SELECT FROM qingdan.list_exemption AS x JOIN qingdan.item AS u ON u.id = s.id
        WHERE x.region_code = :region AND x.list_kind = :list_kind AND x.base_code IN ('', u.base_code))
    """
)

# The statements of a batch are few and look at one entry or at thousands: each is planned for what it looks at.
_PLANNED = Statement(
    """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), array_agg(DISTINCT p.list_kind) AS targets,
           array_agg(DISTINCT s.kind) AS sources
    FROM qingdan.claim_plan AS p CROSS JOIN LATERAL unnest(p.source_kinds) AS s (kind)
    WHERE p.active
    """
)


@dataclass(frozen=True, slots=True)
class Planned:
    """Kinds that are claimed somewhere, and kinds that are claimed from."""

    targets: frozenset[str]
    sources: frozenset[str]


async def planned(connection: AsyncConnection) -> Planned | None:
    """What anybody claims; None when nobody does: elsewhere a change costs one look."""
    row = (await _PLANNED.rows(connection))[0]
    return Planned(frozenset(row.targets), frozenset(row.sources)) if row.targets else None


async def offer(
    connection: AsyncConnection,
    *,
    region: str,
    ids: Sequence[UUID] | None,
    now: datetime,
    list_kind: str | None = None,
    below: bool = True,
    adjustment_id: UUID | None = None,
) -> list[Row]:
    """Open, revive and withdraw the claims of a region (and of those `below` it) that follow from superiors' entries.

    `ids`: only these of the superiors' entries. Answers (change, region_code, list_kind, organs, claims).
    """
    given = {"region": region, "ids": list(ids) if ids is not None else None, "now": now, "below": below}
    return await _OFFER.rows(connection, given | {"list_kind": list_kind, "adjustment_id": adjustment_id})


async def unhandled(connection: AsyncConnection, region: str, list_kind: str) -> Mapping[str, Any]:
    """How many matters offered to a region for a kind are not handled: offered, disputed, without_entry."""
    given = {"region": region, "list_kind": list_kind, "below": False, "ids": None}
    return dict((await _UNHANDLED.rows(connection, given))[0])
