"""SQL of procedure templates and review steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures.rules import ReviewStep, Step, StoredTemplate, Template, steps_from
from shared.statement import Statement

_TEMPLATE_COLUMNS = "code, version, title, region_code, kinds, steps, source, verified, created_at"

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
    INSERT INTO qingdan.procedure_template (code, version, title, region_code, kinds, steps, source)
    SELECT :code, coalesce(max(t.version), 0) + 1, :title, :region_code, CAST(:kinds AS jsonb),
           CAST(:steps AS jsonb), :source
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

_TEMPLATES_OF = text(
    f"""
    SELECT {_TEMPLATE_COLUMNS} FROM qingdan.procedure_template
    WHERE (code, version) IN (SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:versions AS int[])))
    """
).columns(kinds=JSONB, steps=JSONB)

_LOCK_CODE = text("SELECT pg_advisory_xact_lock(hashtextextended('procedure_template/' || CAST(:code AS text), 0))")

_STEP_COLUMNS = """id, adjustment_id, submission, number, code, title, act, role, region_code, organ_id, state, opinion,
    element_opinions, record, decided_by, limit_working_days, opened_at, due_at, decided_at"""

_STEPS = Statement(
    f"""
    SELECT {_STEP_COLUMNS} FROM qingdan.review_step
    WHERE adjustment_id = :adjustment_id AND (CAST(:submission AS int) IS NULL OR submission = :submission)
    ORDER BY submission, number, id
    """
)

_INSERT_STEPS = Statement(
    """
    INSERT INTO qingdan.review_step (id, adjustment_id, submission, number, code, title, act, role, region_code,
                                     organ_id, state, limit_working_days, opened_at, due_at)
    SELECT s.id, s.adjustment_id, s.submission, s.number, s.code, s.title, s.act, s.role, s.region_code,
           s.organ_id, s.state, s.limit_working_days, s.opened_at, s.due_at
    FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS s(
        id uuid, adjustment_id uuid, submission int, number int, code text, title text, act text, role text,
        region_code text, organ_id uuid, state text, limit_working_days int, opened_at timestamptz,
        due_at timestamptz)
    """
)

_CLOSE = Statement(
    """
    UPDATE qingdan.review_step
    SET state = :state, opinion = :opinion, element_opinions = CAST(:element_opinions AS jsonb),
        record = CAST(:record AS jsonb), decided_by = :decided_by, decided_at = :now
    WHERE id = :id
    """
)

_OPEN = Statement(
    """
    UPDATE qingdan.review_step SET state = 'open', opened_at = :now, due_at = :due_at
    WHERE id = ANY(CAST(:ids AS uuid[]))
    """
)

_VOID = Statement(
    """
    UPDATE qingdan.review_step SET state = 'void'
    WHERE adjustment_id = :adjustment_id AND state IN ('open', 'waiting')
    """
)


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
        },
    )
    return _stored(row.one())


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


async def steps(connection: AsyncConnection, adjustment_id: UUID, submission: int | None = None) -> list[ReviewStep]:
    """The review steps of an adjustment, of one submission or of all."""
    rows = await _STEPS.rows(connection, {"adjustment_id": adjustment_id, "submission": submission})
    return [ReviewStep(**row) for row in rows]


async def insert_steps(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Store planned steps of any number of submissions."""
    await _INSERT_STEPS.rows(connection, {"steps": orjson.dumps(list(rows), default=str).decode()})


async def close_step(
    connection: AsyncConnection,
    step_id: UUID,
    *,
    state: str,
    opinion: str | None,
    element_opinions: Sequence[dict[str, Any]],
    record: dict[str, Any] | None,
    decided_by: str,
    now: datetime,
) -> None:
    """Write down how a step ended: passed or returned, by whom, with which opinion and record."""
    await _CLOSE.rows(
        connection,
        {
            "id": step_id,
            "state": state,
            "opinion": opinion,
            "element_opinions": orjson.dumps(list(element_opinions), default=str).decode(),
            "record": orjson.dumps(record, default=str).decode() if record is not None else None,
            "decided_by": decided_by,
            "now": now,
        },
    )


async def open_steps(
    connection: AsyncConnection, ids: Collection[UUID], *, now: datetime, due_at: datetime | None
) -> None:
    """Open waiting steps; their clock begins."""
    await _OPEN.rows(connection, {"ids": list(ids), "now": now, "due_at": due_at})


async def void_steps(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Steps that will not be walked any more: returned, withdrawn or in conflict."""
    await _VOID.rows(connection, {"adjustment_id": adjustment_id})
