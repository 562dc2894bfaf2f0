"""SQL of bindings. Rows are added and given an end; none is ever changed otherwise or removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.bindings.rules import ProcedureBinding, RoleBinding
from shared.statement import Statement

_PROCEDURE = (
    "id, region_code, kind, list_kind, template_code, valid_from, valid_to, locked, source, created_by, created_at"
)
_ROLE = """b.id, b.region_code, b.role, b.organ_id, o.name AS organ_name, b.valid_from, b.valid_to, b.source,
    b.created_by, b.created_at"""
_ROLE_BINDINGS = f"""
    SELECT {_ROLE} FROM qingdan.role_binding AS b
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = b.organ_id
"""

# Since when there are such rules; any day before the first adjustment would do.
_INSTALL = Statement(
    """
    INSERT INTO qingdan.procedure_binding (id, kind, template_code, valid_from, source, created_by)
    SELECT n.id, n.kind, n.template_code, DATE '2015-01-01', :source, 'system:migrate'
    FROM jsonb_to_recordset(CAST(:bindings AS jsonb)) AS n(id uuid, kind text, template_code text)
    WHERE NOT EXISTS (
        SELECT FROM qingdan.procedure_binding AS b WHERE b.region_code IS NULL AND b.kind = n.kind)
    RETURNING id
    """
)

_ADD_PROCEDURES = Statement(
    f"""
    INSERT INTO qingdan.procedure_binding (id, region_code, kind, list_kind, template_code, valid_from, valid_to,
                                           locked, source, created_by)
    SELECT n.id, n.region_code, n.kind, n.list_kind, n.template_code, n.valid_from, n.valid_to, n.locked, n.source,
           n.created_by
    FROM jsonb_to_recordset(CAST(:bindings AS jsonb)) AS n(
        id uuid, region_code text, kind text, list_kind text, template_code text, valid_from date, valid_to date,
        locked boolean, source text, created_by text)
    RETURNING {_PROCEDURE}
    """
)

_ADD_ROLE = Statement(
    """
    INSERT INTO qingdan.role_binding (id, region_code, role, organ_id, valid_from, valid_to, source, created_by)
    VALUES (:id, :region_code, :role, :organ_id, :valid_from, :valid_to, :source, :created_by)
    """
)

# Everything that could hold from a day on, of a region, of those above it, and of the product.
_ABOVE = Statement(
    f"""
    SELECT {_PROCEDURE} FROM qingdan.procedure_binding
    WHERE (region_code = ANY(CAST(:regions AS text[])) OR region_code IS NULL)
      AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(CAST(:kinds AS text[])))
      AND (valid_to IS NULL OR valid_to >= CAST(:since AS date))
    """
)

_PROCEDURES = Statement(
    f"""
    SELECT {_PROCEDURE} FROM qingdan.procedure_binding
    WHERE (CAST(:region_code AS text) IS NULL OR region_code = :region_code)
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:on_day AS date) IS NULL OR
           valid_from <= CAST(:on_day AS date) AND (valid_to IS NULL OR valid_to >= CAST(:on_day AS date)))
      AND (CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid))
    ORDER BY id DESC LIMIT :limit
    """
)

_ROLES = Statement(
    f"""
    {_ROLE_BINDINGS}
    WHERE (CAST(:region_code AS text) IS NULL OR b.region_code = :region_code)
      AND (CAST(:role AS text) IS NULL OR b.role = :role)
      AND (CAST(:on_day AS date) IS NULL OR
           b.valid_from <= CAST(:on_day AS date) AND (b.valid_to IS NULL OR b.valid_to >= CAST(:on_day AS date)))
      AND (CAST(:before AS uuid) IS NULL OR b.id < CAST(:before AS uuid))
    ORDER BY b.id DESC LIMIT :limit
    """
)

_ROLES_OF = Statement(
    f"""
    {_ROLE_BINDINGS}
    WHERE b.region_code = ANY(CAST(:regions AS text[])) AND b.valid_from <= CAST(:on_day AS date)
      AND (b.valid_to IS NULL OR b.valid_to >= CAST(:on_day AS date))
    """
)

_IS_LIST_KIND = Statement("SELECT EXISTS (SELECT FROM qingdan.catalog_kind_v1 WHERE code = CAST(:code AS text))")
_PROCEDURE_BINDING = Statement(f"SELECT {_PROCEDURE} FROM qingdan.procedure_binding WHERE id = :id")
_PROCEDURE_LOCKED = Statement(f"SELECT {_PROCEDURE} FROM qingdan.procedure_binding WHERE id = :id FOR UPDATE")
_ROLE_BINDING = Statement(f"{_ROLE_BINDINGS} WHERE b.id = :id")
_ROLE_LOCKED = Statement(f"{_ROLE_BINDINGS} WHERE b.id = :id FOR UPDATE OF b")
_END_PROCEDURE = Statement("UPDATE qingdan.procedure_binding SET valid_to = :last_day WHERE id = :id")
_END_ROLE = Statement("UPDATE qingdan.role_binding SET valid_to = :last_day WHERE id = :id")


async def install(connection: AsyncConnection, bindings: Sequence[dict[str, Any]], *, source: str) -> int:
    """Bring in the product's own bindings of kinds that have none yet; returns how many were new."""
    given = {"bindings": orjson.dumps(list(bindings)).decode(), "source": source}
    return len(await _INSTALL.rows(connection, given))


async def add_procedures(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> list[ProcedureBinding]:
    """Store bindings of kinds, in the order given."""
    stored = await _ADD_PROCEDURES.rows(connection, {"bindings": orjson.dumps(list(rows)).decode()})
    found = {row.id: ProcedureBinding(**row) for row in stored}
    return [found[row["id"]] for row in rows]


async def is_list_kind(connection: AsyncConnection, code: str) -> bool:
    """Whether there is such a kind of list."""
    return bool(await _IS_LIST_KIND.value(connection, {"code": code}))


async def add_role(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Store the binding of a role."""
    await _ADD_ROLE.rows(connection, row)


async def procedures_above(
    connection: AsyncConnection, regions: Collection[str], *, since: date, kinds: Sequence[str] | None = None
) -> list[ProcedureBinding]:
    """Bindings of the regions and the product's own that hold on `since` or begin later."""
    given = {"regions": list(regions), "kinds": None if kinds is None else list(kinds), "since": since}
    return [ProcedureBinding(**row) for row in await _ABOVE.rows(connection, given)]


async def procedures(
    connection: AsyncConnection,
    *,
    region_code: str | None,
    kind: str | None,
    on: date | None,
    before: UUID | None,
    limit: int,
) -> list[ProcedureBinding]:
    """Bindings of procedures, past ones too, the youngest first."""
    given = {"region_code": region_code, "kind": kind, "on_day": on, "before": before, "limit": limit}
    return [ProcedureBinding(**row) for row in await _PROCEDURES.rows(connection, given)]


async def roles(
    connection: AsyncConnection,
    *,
    region_code: str | None,
    role: str | None,
    on: date | None,
    before: UUID | None,
    limit: int,
) -> list[RoleBinding]:
    """Bindings of roles, past ones too, the youngest first."""
    given = {"region_code": region_code, "role": role, "on_day": on, "before": before, "limit": limit}
    return [RoleBinding(**row) for row in await _ROLES.rows(connection, given)]


async def roles_of(connection: AsyncConnection, regions: Collection[str], on: date) -> list[RoleBinding]:
    """The bindings of roles that hold in the regions on a day."""
    rows = await _ROLES_OF.rows(connection, {"regions": sorted(set(regions)), "on_day": on})
    return [RoleBinding(**row) for row in rows]


async def procedure(connection: AsyncConnection, id_: UUID, *, lock: bool = False) -> ProcedureBinding | None:
    """One binding of a procedure."""
    row = await (_PROCEDURE_LOCKED if lock else _PROCEDURE_BINDING).row(connection, {"id": id_})
    return None if row is None else ProcedureBinding(**row)


async def role(connection: AsyncConnection, id_: UUID, *, lock: bool = False) -> RoleBinding | None:
    """One binding of a role."""
    row = await (_ROLE_LOCKED if lock else _ROLE_BINDING).row(connection, {"id": id_})
    return None if row is None else RoleBinding(**row)


async def end_procedure(connection: AsyncConnection, id_: UUID, last_day: date) -> None:
    """Give a binding its last day."""
    await _END_PROCEDURE.rows(connection, {"id": id_, "last_day": last_day})


async def end_role(connection: AsyncConnection, id_: UUID, last_day: date) -> None:
    """Give a binding its last day."""
    await _END_ROLE.rows(connection, {"id": id_, "last_day": last_day})
