"""SQL of mandatory lists, of what a region need not have, and of the coverage of a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, one, one_or_none
from shared.schema.catalog import list_exemption, mandatory_list
from shared.statement import Row, Statement

# The duties of the nearest region that says anything for the purpose; the nation's are the shipped ones.
_DUTIES = """duty AS MATERIALIZED (
    SELECT m.purpose, m.list_kind, m.source, m.verified
    FROM qingdan.region AS r
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (m.purpose) m.purpose, m.region_code
        FROM qingdan.mandatory_list AS m
        WHERE m.region_kind = r.kind
          AND (m.region_code = r.code OR m.region_code = ANY (r.ancestors) OR m.region_code = '000000000000')
        ORDER BY m.purpose, m.region_code = '000000000000', coalesce(array_position(r.ancestors, m.region_code), 0)
    ) AS n
    JOIN qingdan.mandatory_list AS m
      ON m.purpose = n.purpose AND m.region_code = n.region_code AND m.region_kind = r.kind
    WHERE r.code = :region
)"""

_COMPLETENESS = Statement(
    f"""
    WITH {_DUTIES}
    SELECT d.list_kind, coalesce(k.title, d.list_kind) AS title, d.source, d.verified, l.id AS list_id,
           l.state AS list_state, x.reason AS exempt_reason,
           CASE WHEN l.id IS NOT NULL THEN l.state WHEN x.reason IS NOT NULL THEN 'not_applicable'
                ELSE 'missing' END AS status
    FROM duty AS d
    LEFT JOIN qingdan.list_kind AS k ON k.code = d.list_kind
    LEFT JOIN qingdan.list AS l ON l.region_code = :region AND l.kind = d.list_kind
    LEFT JOIN qingdan.list_exemption AS x
      ON x.region_code = :region AND x.list_kind = d.list_kind AND x.base_code = ''
    WHERE d.purpose = 'mandatory' ORDER BY d.list_kind
    """
)

# A matter does not apply where it was said of the kind or of the matter, or in answer to the offer to claim it: {c} is
# the entry above, {kind} the kind of list.
_EXEMPT = """(EXISTS (
                   SELECT FROM qingdan.list_exemption AS x
                   WHERE x.region_code = :region AND x.list_kind = {kind} AND x.base_code IN ('', {c}.base_code))
               OR EXISTS (
                   SELECT FROM qingdan.claim AS n JOIN qingdan.item AS u ON u.id = n.superior_item_id
                   WHERE n.region_code = :region AND n.list_kind = {kind} AND n.state = 'not_applicable'
                     AND u.base_code = {c}.base_code))"""

# An entry's source is the list of the region above, or a delegation that holds today; entries above that are not taken
# over are missing unless they do not apply.
_COVERAGE = Statement(
    f"""
    WITH {_DUTIES}, kind AS MATERIALIZED (
        SELECT d.list_kind, coalesce(k.title, d.list_kind) AS title, a.id AS above_id, a.title AS above_title,
               l.id AS list_id, l.state AS list_state, x.reason AS exempt_reason
        FROM duty AS d
        JOIN qingdan.region AS r ON r.code = :region
        LEFT JOIN qingdan.list_kind AS k ON k.code = d.list_kind
        LEFT JOIN qingdan.list AS a ON a.region_code = r.parent_code AND a.kind = d.list_kind AND a.state = 'in_force'
        LEFT JOIN qingdan.list AS l ON l.region_code = r.code AND l.kind = d.list_kind
        LEFT JOIN qingdan.list_exemption AS x
          ON x.region_code = r.code AND x.list_kind = d.list_kind AND x.base_code = ''
        WHERE d.purpose = 'reference'
    ), entry AS MATERIALIZED (
        SELECT k.list_kind, EXISTS (
                   SELECT FROM qingdan.item AS c WHERE c.list_id = k.above_id AND c.state = 'in_use'
                     AND CASE WHEN i.base_code IS NULL THEN c.name = i.name ELSE c.base_code = i.base_code END
               ) AS from_above, EXISTS (
                   SELECT FROM qingdan.delegation AS d
                   WHERE d.region_code = :region AND d.list_kind = k.list_kind AND d.base_code = i.base_code
                     AND d.state = 'in_force' AND d.valid_from <= CAST(:today AS date)
                     AND coalesce(d.valid_until >= CAST(:today AS date), true)) AS delegated
        FROM kind AS k JOIN qingdan.item AS i ON i.list_id = k.list_id AND i.state <> 'cancelled'
    ), above AS MATERIALIZED (
        SELECT k.list_kind, EXISTS (
                   SELECT FROM qingdan.item AS i WHERE i.list_id = k.list_id AND i.state <> 'cancelled'
                     AND CASE WHEN c.base_code IS NULL THEN i.name = c.name ELSE i.base_code = c.base_code END
               ) AS taken, {_EXEMPT.format(c="c", kind="k.list_kind")} AS exempt
        FROM kind AS k JOIN qingdan.item AS c ON c.list_id = k.above_id AND c.state = 'in_use'
    )
    SELECT k.list_kind, k.title, k.above_id AS above_list_id, k.above_title AS above_list, k.list_id, k.list_state,
           k.exempt_reason,
           CASE WHEN k.list_id IS NOT NULL THEN k.list_state WHEN k.exempt_reason IS NOT NULL THEN 'not_applicable'
                ELSE 'missing' END AS status,
           coalesce(e.entries, 0) AS entries, coalesce(e.from_above, 0) AS from_above,
           coalesce(e.delegated, 0) AS delegated, coalesce(e.without_source, 0) AS without_source,
           coalesce(a.entries, 0) AS above_entries, coalesce(a.covered, 0) AS covered,
           coalesce(a.not_applicable, 0) AS not_applicable, coalesce(a.missing, 0) AS missing
    FROM kind AS k
    LEFT JOIN (
        SELECT list_kind, count(*) AS entries, count(*) FILTER (WHERE from_above) AS from_above,
               count(*) FILTER (WHERE delegated AND NOT from_above) AS delegated,
               count(*) FILTER (WHERE NOT from_above AND NOT delegated) AS without_source
        FROM entry GROUP BY list_kind
    ) AS e ON e.list_kind = k.list_kind
    LEFT JOIN (
        SELECT list_kind, count(*) AS entries, count(*) FILTER (WHERE taken) AS covered,
               count(*) FILTER (WHERE NOT taken AND exempt) AS not_applicable,
               count(*) FILTER (WHERE NOT taken AND NOT exempt) AS missing
        FROM above GROUP BY list_kind
    ) AS a ON a.list_kind = k.list_kind
    ORDER BY k.list_kind
    """
)

_MISSING = Statement(
    f"""
    SELECT c.id, c.name, c.base_code, c.implementing_body
    FROM qingdan.region AS r
    JOIN qingdan.list AS a ON a.region_code = r.parent_code AND a.kind = :kind AND a.state = 'in_force'
    JOIN qingdan.item AS c ON c.list_id = a.id AND c.state = 'in_use'
    WHERE r.code = :region AND (CAST(:after AS uuid) IS NULL OR c.id > CAST(:after AS uuid))
      AND NOT EXISTS (
        SELECT FROM qingdan.item AS i
        WHERE i.kind = a.kind AND i.region_code = r.code AND i.state <> 'cancelled'
          AND CASE WHEN c.base_code IS NULL THEN i.name = c.name ELSE i.base_code = c.base_code END)
      AND NOT {_EXEMPT.format(c="c", kind="a.kind")}
    ORDER BY c.id LIMIT :limit
    """
)


async def install(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert duties that are not there."""
    await connection.execute(insert(mandatory_list).on_conflict_do_nothing(), list(rows))


async def completeness(connection: AsyncConnection, region: str) -> list[Row]:
    """The mandatory lists of a region and what there is of each."""
    return await _COMPLETENESS.rows(connection, {"region": region})


async def coverage(connection: AsyncConnection, region: str, today: Any) -> list[Row]:
    """A zone's lists against those of the region above, by kind."""
    return await _COVERAGE.rows(connection, {"region": region, "today": today})


async def missing(connection: AsyncConnection, region: str, kind: str, *, after: UUID | None, limit: int) -> list[Row]:
    """Entries of the list above that a region neither has nor says do not apply."""
    return await _MISSING.rows(connection, {"region": region, "kind": kind, "after": after, "limit": limit})


async def duties(connection: AsyncConnection, region: str, region_kind: str) -> list[Record]:
    """What a region itself has said; at most as many as there are kinds."""
    table = mandatory_list
    statement = select(table).where(table.c.region_code == region, table.c.region_kind == region_kind)
    return many(await connection.execute(statement.order_by(table.c.purpose, table.c.list_kind)))


async def put_duties(
    connection: AsyncConnection, region: str, region_kind: str, purpose: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put kinds in place of those a region has said for a purpose."""
    table = mandatory_list
    where = (table.c.region_code == region, table.c.region_kind == region_kind, table.c.purpose == purpose)
    await connection.execute(delete(table).where(*where))
    if rows:
        await connection.execute(insert(table), list(rows))


async def exempt(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Say that a kind, or a matter of it, does not apply in a region."""
    statement = insert(list_exemption).values(**values)
    changed = {name: statement.excluded[name] for name in ("reason", "set_by", "set_at")}
    statement = statement.on_conflict_do_update(index_elements=["region_code", "list_kind", "base_code"], set_=changed)
    return one(await connection.execute(statement.returning(list_exemption)))


async def no_longer_exempt(connection: AsyncConnection, region: str, kind: str, base_code: str) -> Record | None:
    """It applies after all; None when nobody had said otherwise."""
    table = list_exemption
    statement = delete(table).where(
        table.c.region_code == region, table.c.list_kind == kind, table.c.base_code == base_code
    )
    return one_or_none(await connection.execute(statement.returning(table)))
