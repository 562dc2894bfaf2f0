"""SQL of reading levels beside one another: the vertical check, and a county's list with those below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.fragments import normal
from shared.statement import Row, Statement

_REGIONS = """chosen AS MATERIALIZED (
    SELECT r.code, r.name, r.ancestors, d.digit, l.id AS list_id
    FROM qingdan.region AS r
    JOIN qingdan.list AS l ON l.region_code = r.code AND l.kind = CAST(:kind AS text)
    JOIN (VALUES ('nation', '1'), ('province', '2'), ('city', '3'), ('county', '4'), ('township', '5'),
                 ('village', '6')) AS d (level, digit) ON d.level = r.level
    WHERE r.code = CAST(:region AS text)
       OR CAST(:below AS boolean) AND r.ancestors @> ARRAY[CAST(:region AS text)] AND r.kind <> 'zone'
), above AS MATERIALIZED (
    -- The lists an entry resolves to: the master list of all levels, or else the superiors' lists of the same kind.
    SELECT c.code, l.id AS list_id, array_position(c.ancestors, l.region_code) AS distance
    FROM chosen AS c
    JOIN qingdan.list AS l ON l.region_code = ANY (c.ancestors) AND l.kind = (
        SELECT m.kind FROM qingdan.list AS m
        WHERE m.region_code = ANY (c.ancestors) AND m.kind IN ('base_catalogue', CAST(:kind AS text))
        ORDER BY m.kind = 'base_catalogue' DESC LIMIT 1)
)"""

# Every local entry beside the nearest superior's of the same main item, the same sub-item first.
_PAIRS = """pair AS MATERIALIZED (
    SELECT c.code AS region_code, t.id, t.name, t.base_code, t.basis_digest, t.handling_item, t.level,
           t.implementing_body, s.id AS superior_id, s.name AS superior_name, s.base_code AS superior_code,
           s.basis_digest AS superior_basis, s.level AS superior_level
    FROM chosen AS c
    JOIN qingdan.item AS t ON t.list_id = c.list_id AND t.state <> 'cancelled'
    LEFT JOIN LATERAL (
        SELECT u.* FROM above AS a JOIN qingdan.item AS u ON u.list_id = a.list_id
        WHERE a.code = c.code AND u.main_code = t.main_code AND u.state = 'in_use'
        ORDER BY u.base_code = t.base_code DESC, a.distance, u.id LIMIT 1
    ) AS s ON true
    WHERE EXISTS (SELECT FROM above AS a WHERE a.code = c.code)
), problem (problem, region_code, id, name, base_code, superior_id, superior_name, superior_code) AS (
    SELECT e.problem, p.region_code, p.id, p.name, p.base_code, p.superior_id, p.superior_name, p.superior_code
    FROM pair AS p
    CROSS JOIN LATERAL (VALUES
        ('orphan', p.superior_id IS NULL),
        ('code', p.superior_code <> p.base_code AND p.level = p.superior_level),
        ('name', p.handling_item = '' AND p.superior_code = p.base_code AND {ours} <> {theirs}),
        ('basis', p.superior_basis <> hashtextextended('', 0) AND p.superior_code = p.base_code
            AND p.superior_basis <> p.basis_digest)
    ) AS e (problem, there)
    WHERE e.there
    UNION ALL
    SELECT 'unclaimed', c.code, NULL, NULL, NULL, u.id, u.name, u.base_code
    FROM chosen AS c
    JOIN above AS a ON a.code = c.code
    JOIN qingdan.item AS u ON u.list_id = a.list_id AND u.state = 'in_use' AND u.item_type = '01'
        AND (c.digit = ANY (string_to_array(u.level, ',')) OR '7' = ANY (string_to_array(u.level, ',')))
    WHERE NOT EXISTS (SELECT FROM qingdan.item AS t
                      WHERE t.list_id = c.list_id AND t.main_code = u.main_code AND t.state <> 'cancelled')
      AND NOT EXISTS (SELECT FROM qingdan.claim AS n
                      WHERE n.superior_item_id = u.id AND n.region_code = c.code
                        AND n.list_kind = CAST(:kind AS text) AND n.state = 'not_applicable')
)""".format(ours=normal("p.name"), theirs=normal("p.superior_name"))

_VERTICAL = Statement(
    f"""
    WITH {_REGIONS}, {_PAIRS}
    SELECT p.*, coalesce(p.id, p.superior_id) AS key FROM problem AS p
    WHERE (CAST(:problem AS text) IS NULL OR p.problem = CAST(:problem AS text))
      AND (CAST(:after_region AS text) IS NULL
           OR (p.region_code, p.problem, coalesce(p.id, p.superior_id))
              > (CAST(:after_region AS text), CAST(:after_problem AS text), CAST(:after AS uuid)))
    ORDER BY p.region_code, p.problem, coalesce(p.id, p.superior_id) LIMIT :limit
    """
)

# A county's list covers downwards: its own entries, its townships', and its zones' where they are asked for (ZZ-12).
_VIEW = Statement(
    """
    SELECT i.id, i.list_id, i.region_code, r.name AS region_name, r.level AS region_level, r.kind AS region_kind,
           i.version, i.effective_from, i.name, i.base_code, i.implementation_code, i.handling_item, i.item_type,
           i.level, i.implementing_body, i.state, i.audience
    FROM qingdan.list AS l
    JOIN qingdan.region AS r ON r.code = l.region_code OR r.ancestors @> ARRAY[l.region_code] AND (
        CAST(:townships AS boolean) AND r.kind = 'administrative' AND r.level IN ('township', 'village')
        OR CAST(:zones AS boolean) AND r.kind = 'zone')
    JOIN qingdan.list AS m ON m.region_code = r.code AND m.kind = l.kind AND (m.id = l.id OR m.state = 'in_force')
    JOIN qingdan.item AS i ON i.list_id = m.id
    WHERE l.id = :list_id AND (CAST(:state AS text) IS NULL OR i.state = CAST(:state AS text))
      AND (CAST(:organ_id AS uuid) IS NULL OR i.implementing_body = CAST(:organ_id AS uuid))
      AND (CAST(:after AS uuid) IS NULL OR i.id > CAST(:after AS uuid))
    ORDER BY i.id LIMIT :limit
    """
)


async def problems(
    connection: AsyncConnection,
    *,
    region: str,
    below: bool,
    kind: str,
    problem: str | None,
    after: tuple[str, str, UUID] | None,
    limit: int,
) -> list[Row]:
    """Entries that do not agree with their superior's, orphans, and superior matters nobody lists, by region."""
    first, second, third = after if after else (None, None, None)
    given: Mapping[str, Any] = {
        "region": region, "below": below, "kind": kind, "problem": problem, "limit": limit,
        "after_region": first, "after_problem": second, "after": third,
    }  # fmt: skip
    return await _VERTICAL.rows(connection, given)


async def covered(
    connection: AsyncConnection,
    list_id: UUID,
    *,
    townships: bool,
    zones: bool,
    state: str | None,
    organ_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> list[Row]:
    """Entries of a list and of those of its kind below it, by age."""
    given = {"list_id": list_id, "townships": townships, "zones": zones, "state": state, "organ_id": organ_id}
    return await _VIEW.rows(connection, given | {"after": after, "limit": limit})
