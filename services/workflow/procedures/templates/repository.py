"""SQL of procedure templates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures.rules import Step, StoredTemplate, Template, steps_from
from shared.statement import Statement

_TEMPLATE_COLUMNS = "code, version, title, region_code, kinds, steps, source, source_document_id, verified, created_at"

_INSTALL = text(
    """
    INSERT INTO qingdan.procedure_template (code, version, title, kinds, steps, source, verified)
    SELECT t.code, t.version, t.title, t.kinds, t.steps, t.source, false
    FROM jsonb_to_recordset(CAST(:templates AS jsonb)) AS t(
        code text, version int, title text, kinds jsonb, steps jsonb, source text)
    ON CONFLICT (code, version) DO NOTHING
    """
)

_ADD = text(
    f"""
    INSERT INTO qingdan.procedure_template (code, version, title, region_code, kinds, steps, source,
                                            source_document_id, verified)
    SELECT :code, coalesce(max(t.version), 0) + 1, :title, :region_code, CAST(:kinds AS jsonb),
           CAST(:steps AS jsonb), :source, CAST(:source_document_id AS uuid), :verified
    FROM qingdan.procedure_template AS t WHERE t.code = :code
    RETURNING {_TEMPLATE_COLUMNS}
    """
).columns(kinds=JSONB, steps=JSONB)

_TEMPLATE = text(
    f"""
    SELECT {_TEMPLATE_COLUMNS} FROM qingdan.procedure_template
    WHERE code = :code AND (version = CAST(:version AS int) OR CAST(:version AS int) IS NULL)
    ORDER BY version DESC LIMIT 1
    """
).columns(kinds=JSONB, steps=JSONB)

_TEMPLATES = text(
    f"""
    SELECT DISTINCT ON (code) {_TEMPLATE_COLUMNS} FROM qingdan.procedure_template
    WHERE code > :after
    ORDER BY code, version DESC LIMIT :limit
    """
).columns(kinds=JSONB, steps=JSONB)

_NEWEST = text(
    f"""
    SELECT DISTINCT ON (code) {_TEMPLATE_COLUMNS} FROM qingdan.procedure_template
    WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code, version DESC
    """
).columns(kinds=JSONB, steps=JSONB)

_TEMPLATES_OF = text(
    f"""
    SELECT {_TEMPLATE_COLUMNS} FROM qingdan.procedure_template
    WHERE (code, version) IN (SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:versions AS int[])))
    """
).columns(kinds=JSONB, steps=JSONB)

# Somebody has a role in a region when an organ is bound to it there or below, or an account holds it there, below or
# above.
_UNBOUND = Statement(
    """
    SELECT wanted.role FROM unnest(CAST(:roles AS text[])) AS wanted (role)
    WHERE NOT EXISTS (
            SELECT FROM qingdan.role_binding AS b
            JOIN qingdan.catalog_region_v1 AS r ON r.code = b.region_code
            WHERE b.role = wanted.role AND (b.valid_to IS NULL OR b.valid_to >= CAST(:today AS date))
              AND (r.code = :region_code OR CAST(:region_code AS text) = ANY(r.ancestors)))
      AND NOT EXISTS (
            SELECT FROM qingdan.catalog_account_role_v1 AS a
            LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = a.region_code
            WHERE a.role = wanted.role
              AND (a.region_code = ANY(CAST(:chain AS text[])) OR CAST(:region_code AS text) = ANY(r.ancestors)))
    ORDER BY wanted.role
    """
)

_LOCK_CODE = text("SELECT pg_advisory_xact_lock(hashtextextended('procedure_template/' || CAST(:code AS text), 0))")


async def install(connection: AsyncConnection, templates: Sequence[Template]) -> int:
    """Bring in templates that are not there yet; returns how many were new."""
    rows = [
        {
            "code": template.code,
            "version": template.version,
            "title": template.title,
            "kinds": list(template.kinds),
            "steps": [step.as_data() for step in template.steps],
            "source": template.source,
        }
        for template in templates
    ]
    result = await connection.execute(_INSTALL, {"templates": orjson.dumps(rows).decode()})
    return int(result.rowcount)


async def add_template(
    connection: AsyncConnection,
    *,
    code: str,
    title: str,
    region_code: str,
    kinds: Sequence[str],
    steps: Sequence[Step],
    source: str,
    source_document_id: UUID | None = None,
    verified: bool,
) -> StoredTemplate:
    """Store the next version of a template."""
    row = await connection.execute(
        _ADD,
        {
            "code": code,
            "title": title,
            "region_code": region_code,
            "kinds": orjson.dumps(list(kinds)).decode(),
            "steps": orjson.dumps([step.as_data() for step in steps]).decode(),
            "source": source,
            "source_document_id": source_document_id,
            "verified": verified,
        },
    )
    return _stored(row.one())


async def unbound(
    connection: AsyncConnection, region_code: str, chain: Sequence[str], roles: Sequence[str], today: date
) -> list[str]:
    """Those of the roles that nobody has in a region (with those above it, nearest first) or below."""
    given = {"region_code": region_code, "chain": list(chain), "roles": list(roles), "today": today}
    return await _UNBOUND.values(connection, given)


async def lock_code(connection: AsyncConnection, code: str) -> None:
    """Versions of one template are numbered one after another."""
    await connection.execute(_LOCK_CODE, {"code": code})


async def template(connection: AsyncConnection, code: str, version: int | None = None) -> StoredTemplate | None:
    """A version of a template, the latest unless told."""
    row = (await connection.execute(_TEMPLATE, {"code": code, "version": version})).one_or_none()
    return None if row is None else _stored(row)


async def templates(connection: AsyncConnection, *, after: str, limit: int) -> list[StoredTemplate]:
    """The latest version of every template, by code."""
    return [_stored(row) for row in await connection.execute(_TEMPLATES, {"after": after, "limit": limit})]


async def newest(connection: AsyncConnection, codes: Collection[str]) -> dict[str, StoredTemplate]:
    """The latest versions of templates, by code."""
    return {row.code: _stored(row) for row in await connection.execute(_NEWEST, {"codes": sorted(codes)})}


async def templates_of(
    connection: AsyncConnection, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], StoredTemplate]:
    """Exact versions of templates, by (code, version)."""
    codes, versions = [code for code, _ in wanted], [version for _, version in wanted]
    rows = await connection.execute(_TEMPLATES_OF, {"codes": codes, "versions": versions})
    return {(row.code, row.version): _stored(row) for row in rows}


def _stored(row: Any) -> StoredTemplate:
    values = dict(row._mapping)
    return StoredTemplate(**(values | {"steps": steps_from(values["steps"])}))
