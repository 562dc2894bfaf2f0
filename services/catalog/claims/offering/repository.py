"""SQL of offering: which matters of superiors a region is to claim, and the statement that opens these claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.claims.rules import counted_from
from shared.statement import Row, Statement

# Regions that claim a kind, by the nearest plan, with the superior's list they claim from: the nearest of the first
# kind that is kept above. Zones and virtual regions claim only by a plan of their own: a zone builds its lists against
# its county's.
SCOPE = """scope AS MATERIALIZED (
    SELECT r.code AS region_code, p.list_kind, p.item_types, p.due_days, d.digit, s.id AS source_list,
           coalesce(l.lead_organ_id, m.lead_organ_id) AS lead_organ_id, o.of_system
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
    LEFT JOIN qingdan.list AS l ON l.region_code = r.code AND l.kind = p.list_kind
    LEFT JOIN qingdan.list_responsibility AS m ON m.region_code = r.code AND m.list_kind = p.list_kind
    CROSS JOIN LATERAL (
        -- An organ of each system (条线); a vertical one says that its matters are not claimable.
        SELECT coalesce(jsonb_object_agg(o.system, jsonb_build_array(o.id, o.vertical)), '{}') AS of_system
        FROM (SELECT DISTINCT ON (o.system) o.system, o.id, o.vertical FROM qingdan.organ AS o
              WHERE o.region_code = r.code AND o.state = 'active' AND o.system IS NOT NULL
              ORDER BY o.system, o.vertical DESC, o.id) AS o
    ) AS o
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
      AND (CAST(:listed AS uuid[]) IS NULL
           OR u.main_code IN (SELECT t.main_code FROM qingdan.item AS t WHERE t.id = ANY (CAST(:listed AS uuid[]))))
), wanted AS MATERIALIZED (
    SELECT s.region_code, s.list_kind, s.due_days, u.id, u.version, u.list_id, u.base_code, u.main_code,
           s.lead_organ_id, s.of_system -> u.system AS organ
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

# OFFSET 0: for one row after the other by the index of main items, however many rows the planner expects.
HELD = f"""held AS MATERIALIZED (
    SELECT w.id, w.version, w.list_id, w.region_code, w.list_kind, w.due_days, t.implementing_body AS organ_id
    FROM wanted AS w
    CROSS JOIN LATERAL (
        SELECT DISTINCT t.implementing_body FROM qingdan.item AS t
        WHERE t.kind = w.list_kind AND t.region_code = w.region_code AND {STANDS_FOR.format(u="w")}
        OFFSET 0
    ) AS t
)"""

# What is wanted, held and claimed, brought together by grouping: the planner knows nothing of the size of these
# tables, and whatever join it chose would compare each with each. A claim goes to an organ of the same system as the
# superior's, else to whoever leads the list here and says whose it is.
_STATUS = """known AS MATERIALIZED (
    SELECT c.id, c.superior_item_id, c.region_code, c.list_kind, c.state
    FROM qingdan.claim AS c
    WHERE c.superior_item_id = ANY (ARRAY(SELECT u.id FROM superior AS u))
      AND (c.region_code, c.list_kind) IN (SELECT s.region_code, s.list_kind FROM scope AS s)
), status AS MATERIALIZED (
    SELECT g.id, g.region_code, g.list_kind, bool_or(g.wanted) AS wanted, bool_or(g.held) AS held,
           max(g.version) AS version, max(CAST(g.list_id AS text)) AS list_id, max(g.due_days) AS due_days,
           max(g.lead) AS lead, max(CAST(g.organ AS text)) AS organ, count(g.claim_id) AS claims,
           array_agg(g.holder) FILTER (WHERE g.held) AS holders,
           array_agg(g.claim_id) FILTER (WHERE g.state = 'withdrawn') AS withdrawn,
           array_agg(g.claim_id) FILTER (WHERE g.state IN ('offered', 'disputed')) AS open
    FROM (
        SELECT w.id, w.region_code, w.list_kind, true AS wanted, false AS held, w.version, w.list_id, w.due_days,
               CAST(w.lead_organ_id AS text) AS lead, w.organ, CAST(NULL AS uuid) AS claim_id,
               CAST(NULL AS text) AS state, CAST(NULL AS uuid) AS holder
        FROM wanted AS w
        UNION ALL
        SELECT h.id, h.region_code, h.list_kind, false, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.organ_id
        FROM held AS h
        UNION ALL
        SELECT k.superior_item_id, k.region_code, k.list_kind, false, false, NULL, NULL, NULL, NULL, NULL, k.id,
               k.state, NULL FROM known AS k
    ) AS g
    GROUP BY g.id, g.region_code, g.list_kind
), assigned AS (
    SELECT h.id, h.version, h.list_id, h.region_code, h.list_kind, h.due_days, h.organ_id, 'entry' AS assigned_by
    FROM held AS h
    UNION ALL
    SELECT s.id, s.version, CAST(s.list_id AS uuid), s.region_code, s.list_kind, s.due_days,
           coalesce(CAST(CAST(s.organ AS jsonb) ->> 0 AS uuid), CAST(s.lead AS uuid)),
           CASE WHEN s.organ IS NOT NULL THEN 'system' WHEN s.lead IS NOT NULL THEN 'lead' ELSE 'nobody' END
    FROM status AS s
    WHERE s.wanted AND NOT s.held AND s.claims = 0
      AND coalesce(CAST(s.organ AS jsonb) ->> 1, 'false') = 'false'
)"""

# What was withdrawn because the superior had cancelled or suspended it is offered again when it is back; where somebody
# lists it meanwhile, to who does. Where a region claims nothing any more, or from another list, what it has not
# answered ends. States are asked again beside the ids: somebody may answer while this runs, and his answer counts.
_OFFER = Statement(
    f"""
    WITH {SCOPE}, {SUPERIOR}, {HELD}, {_STATUS}, revived AS (
        UPDATE qingdan.claim AS c
        SET state = 'offered', offered_at = :now, superior_version = w.version, version = c.version + 1,
            due_at = CAST(:counted_from AS timestamptz) + w.due_days * interval '1 day',
            assigned_by = CASE WHEN w.held THEN 'entry' ELSE c.assigned_by END
        FROM (SELECT unnest(s.withdrawn) AS id, s.version, s.due_days, s.held, s.holders
              FROM status AS s WHERE s.wanted) AS w
        WHERE c.id = w.id AND c.state = 'withdrawn' AND (NOT w.held OR c.organ_id = ANY (w.holders))
        RETURNING c.region_code, c.list_kind, c.organ_id
    ), withdrawn AS (
        UPDATE qingdan.claim AS c SET state = 'withdrawn', version = c.version + 1
        WHERE c.state IN ('offered', 'disputed') AND c.id = ANY (ARRAY(
            SELECT unnest(s.open) FROM status AS s WHERE NOT s.wanted
            UNION
            SELECT o.id FROM qingdan.claim AS o JOIN qingdan.region AS r ON r.code = o.region_code
            WHERE CAST(:whole AS boolean) AND o.state IN ('offered', 'disputed')
              AND (r.code = CAST(:region AS text)
                   OR CAST(:below AS boolean) AND r.ancestors @> ARRAY[CAST(:region AS text)])
              AND (CAST(:list_kind AS text) IS NULL OR o.list_kind = CAST(:list_kind AS text))
              AND NOT EXISTS (SELECT FROM scope AS s WHERE s.region_code = o.region_code
                                AND s.list_kind = o.list_kind AND s.source_list = o.superior_list_id)))
        RETURNING c.region_code, c.list_kind, c.organ_id
    ), opened AS (
        INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,
                                   organ_id, assigned_by, state, offered_at, due_at, adjustment_id)
        SELECT gen_random_uuid(), a.id, a.list_id, a.version, a.list_kind, a.region_code, a.organ_id, a.assigned_by,
               'offered', :now, CAST(:counted_from AS timestamptz) + a.due_days * interval '1 day',
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
    listed: Sequence[UUID] | None = None,
    adjustment_id: UUID | None = None,
) -> list[Row]:
    """Open, revive and withdraw the claims of a region (and of those `below` it) that follow from superiors' entries.

    `ids`: only these of the superiors' entries; `listed`: only what these entries of the region itself stand for, and
    nothing below it. Answers (change, region_code, list_kind, organs, claims).
    """
    given = {
        "region": region, "ids": list(ids) if ids is not None else None, "below": listed is None,
        "listed": list(listed) if listed is not None else None, "whole": ids is None and listed is None,
        "list_kind": list_kind, "adjustment_id": adjustment_id, "now": now,
        "counted_from": counted_from(now),
    }  # fmt: skip
    return await _OFFER.rows(connection, given)


async def unhandled(connection: AsyncConnection, region: str, list_kind: str) -> Mapping[str, Any]:
    """How many matters offered to a region for a kind are not handled: offered, disputed, without_entry."""
    given = {"region": region, "list_kind": list_kind, "below": False, "ids": None, "listed": None}
    return dict((await _UNHANDLED.rows(connection, given))[0])
