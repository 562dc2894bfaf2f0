"""SQL of the coverage: each figure is one query over the lists of one region, the first rows shown, all counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many

_SAME = (
    "t.base_code = s.base_code AND t.implementing_body = s.implementing_body AND t.handling_item = s.handling_item"
    " AND t.region_code = s.region_code AND t.state <> 'cancelled'"
)
_SHOWN = "s.id AS item_id, s.name, s.implementing_body AS organ_id, o.name AS organ"
_FROM = """FROM qingdan.list AS l JOIN qingdan.item AS s ON s.list_id = l.id
LEFT JOIN qingdan.organ AS o ON o.id = s.implementing_body
WHERE l.region_code = :region"""

# Powers that are not cancelled, without a duty of the same matter and without one that is linked to them (V15, HB-02).
_WITHOUT_DUTY = f"""{_FROM} AND l.kind = 'power' AND s.state <> 'cancelled'
  AND NOT EXISTS (SELECT FROM qingdan.item AS t WHERE t.kind = 'responsibility' AND t.section = 'duty' AND {_SAME})
  AND NOT EXISTS (
    SELECT FROM qingdan.item_link AS k JOIN qingdan.item AS t ON t.id = k.from_item_id
    WHERE k.to_item_id = s.id AND k.type = 'duty_of' AND t.kind = 'responsibility' AND t.section = 'duty'
      AND t.state <> 'cancelled')"""
# Powers that were cancelled or given away, without a record and without a declaration that none is needed (V18, TH-33).
_UNSUPERVISED = f"""{_FROM} AND l.kind = 'power' AND s.state = 'cancelled'
  AND NOT EXISTS (
    SELECT FROM qingdan.item AS t WHERE t.kind = 'responsibility' AND t.section = 'supervision' AND {_SAME})
  AND NOT EXISTS (
    SELECT FROM qingdan.declaration AS d
    JOIN qingdan.list AS dl ON dl.id = d.list_id AND dl.kind = 'responsibility'
    WHERE d.item_id = s.id AND d.withdrawn_at IS NULL)"""
# Public services of the departments that the catalogue lacks (K03, ZL-19).
_NOT_IN_CATALOGUE = f"""{_FROM} AND l.kind = 'public_service' AND s.state <> 'cancelled'
  AND NOT EXISTS (SELECT FROM qingdan.item AS t WHERE t.kind = 'catalogue' AND {_SAME})"""

_GAPS = {
    "powers_without_duty": _WITHOUT_DUTY,
    "unsupervised": _UNSUPERVISED,
    "services_not_in_catalogue": _NOT_IN_CATALOGUE,
}

# Organs with powers and those in the responsibility list are the same (K07, HB-04).
_SCOPE = """
WITH body AS (
    SELECT s.implementing_body AS id, bool_or(l.kind = 'power') AS powers, bool_or(l.kind <> 'power') AS duties
    FROM qingdan.list AS l JOIN qingdan.item AS s ON s.list_id = l.id
    WHERE l.region_code = :region AND l.kind IN ('power', 'responsibility') AND s.state <> 'cancelled'
      AND s.implementing_body IS NOT NULL
    GROUP BY s.implementing_body
)
SELECT o.id AS organ_id, o.name AS organ, b.powers
FROM body AS b JOIN qingdan.organ AS o ON o.id = b.id WHERE NOT (b.powers AND b.duties) ORDER BY o.name, o.id"""

# How many boundaries there are in each field (HB-15).
_FIELDS = """
SELECT v.elements ->> 'field' AS field, count(*) AS boundaries
FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
WHERE i.list_id = :list_id AND i.section = 'boundary' AND i.state <> 'cancelled' GROUP BY 1"""

# Departments that a special list names and that have no duty of its field in the responsibility list (K19).
_SPECIAL = """
WITH named AS (
    SELECT DISTINCT l.kind, b.organ_id
    FROM qingdan.list AS l
    JOIN qingdan.item AS s ON s.list_id = l.id AND s.state <> 'cancelled'
    JOIN qingdan.item_version AS v ON v.item_id = s.id AND v.number = s.version
    CROSS JOIN LATERAL (
        SELECT s.implementing_body AS organ_id
        UNION ALL
        SELECT o.id FROM jsonb_path_query(v.elements, '$.responsible_parties[*].organ') AS p
        JOIN qingdan.organ AS o ON CAST(o.id AS text) = p #>> '{}') AS b
    WHERE l.region_code = :region AND l.kind = ANY (CAST(:kinds AS text[])) AND b.organ_id IS NOT NULL
), held AS (
    SELECT DISTINCT i.implementing_body, v.elements ->> 'field' AS field
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.list_id = :list_id AND i.section = 'duty' AND i.state <> 'cancelled'
)
SELECT n.kind AS list_kind, o.id AS organ_id, o.name AS organ
FROM named AS n
JOIN unnest(CAST(:kinds AS text[]), CAST(:fields AS text[])) AS f (kind, field) ON f.kind = n.kind
JOIN qingdan.organ AS o ON o.id = n.organ_id
WHERE NOT EXISTS (SELECT FROM held AS h WHERE h.implementing_body = n.organ_id AND h.field = f.field)
ORDER BY n.kind, o.name, o.id"""


async def gap(connection: AsyncConnection, name: str, region_code: str, limit: int) -> tuple[int, list[Record]]:
    """How many entries of a region lack something (`_GAPS`), and the first of them, by organ and name."""
    parameters = {"region": region_code, "limit": limit}
    statement = f"SELECT {_SHOWN}, count(*) OVER () AS total {_GAPS[name]} ORDER BY o.name, s.name, s.id LIMIT :limit"
    rows = many(await connection.execute(text(statement), parameters))
    return (rows[0]["total"] if rows else 0), rows


async def powers_without_duty(connection: AsyncConnection, region_code: str) -> int:
    """How many powers of a region have no duty (V15)."""
    counted = text(f"SELECT count(*) {_WITHOUT_DUTY}")
    return int((await connection.execute(counted, {"region": region_code})).scalar_one())


async def scope(connection: AsyncConnection, region_code: str) -> tuple[list[Record], list[Record]]:
    """Organs with powers that the responsibility list does not know, and organs it knows that have no power."""
    rows = many(await connection.execute(text(_SCOPE), {"region": region_code}))
    return [row for row in rows if row["powers"]], [row for row in rows if not row["powers"]]


async def boundaries_by_field(connection: AsyncConnection, list_id: UUID) -> dict[str, int]:
    """Field -> boundaries of a list."""
    rows = await connection.execute(text(_FIELDS), {"list_id": list_id})
    return {row.field: row.boundaries for row in rows if row.field}


async def special_departments(
    connection: AsyncConnection, region_code: str, list_id: UUID, fields: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Departments of the special lists (kind -> field) without a duty of that field in the responsibility list."""
    given = {"region": region_code, "list_id": list_id, "kinds": list(fields), "fields": list(fields.values())}
    return many(await connection.execute(text(_SPECIAL), given))
