"""SQL of adjustments: their header, their state, and what waits for them in other services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.adjustments.rules import Adjustment, State
from services.workflow.adjustments.viewers.repository import seen_by
from services.workflow.adjustments.viewers.rules import Viewer
from shared.schema.workflow import adjustment, adjustment_number
from shared.statement import Statement

_COLUMNS = [column for column in adjustment.c if column.name != "effective_event_id"]

_VALIDATION = text(
    """
    SELECT submission, blocking, findings FROM qingdan.catalog_validation_v1
    WHERE adjustment_id = :id ORDER BY submission DESC LIMIT 1
    """
).columns(findings=JSONB)

_CASCADE = text(
    """
    SELECT c.list_id, l.kind AS list_kind, l.title AS list_title, l.region_code, c.rule, c.touched, c.unchanged,
           c.waiting, c.failed, c.error, c.first_at, c.last_at
    FROM qingdan.catalog_cascade_v1 AS c
    JOIN qingdan.catalog_list_v1 AS l ON l.id = c.list_id
    WHERE c.adjustment_id = :id ORDER BY c.first_at, c.list_id, c.rule
    """
)

_DRAFTS = text(
    """
    SELECT d.id, d.rule, d.list_id, d.list_kind, d.region_code, d.item_id, d.source_item_id, d.reason, d.opened_at,
           l.lead_organ_id, count(*) OVER () AS total
    FROM qingdan.catalog_draft_v1 AS d
    JOIN qingdan.catalog_list_v1 AS l ON l.id = d.list_id
    WHERE d.adjustment_id = :id AND d.state = 'open' ORDER BY d.opened_at, d.id LIMIT :limit
    """
)

_FINDINGS = text(
    """
    SELECT f.id, f.rule, f.severity, f.list_id, f.list_kind, f.region_code, f.item_id, f.element, f.message,
           f.due_at, f.opened_at, l.lead_organ_id, count(*) OVER () AS total
    FROM qingdan.catalog_finding_v1 AS f
    JOIN qingdan.catalog_list_v1 AS l ON l.id = f.list_id
    WHERE f.adjustment_id = :id AND f.state = 'open' AND f.severity <> 'warn'
    ORDER BY f.opened_at, f.id LIMIT :limit
    """
)

_NAMES = text(
    """
    SELECT id, name FROM qingdan.catalog_organ_v1 WHERE id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT id, name FROM qingdan.catalog_account_v1 WHERE id = ANY(CAST(:ids AS uuid[]))
    """
)

_ADD_COMPILER = Statement(
    """
    UPDATE qingdan.adjustment
    SET compiled_by = CASE WHEN compiled_by @> to_jsonb(CAST(:account AS text)) THEN compiled_by
                           ELSE compiled_by || to_jsonb(CAST(:account AS text)) END,
        version = version + 1, updated_at = :now
    WHERE id = :id
    RETURNING version
    """
)


async def next_number(connection: AsyncConnection) -> int:
    """The next running number of an adjustment; numbers of attempts that failed are not used again."""
    return int((await connection.execute(select(adjustment_number.next_value()))).scalar_one())


async def create(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Store a new adjustment."""
    await connection.execute(insert(adjustment).values(**values))


_READ = f"SELECT {', '.join(column.name for column in _COLUMNS)} FROM qingdan.adjustment"
_FIND = Statement(f"{_READ} WHERE id = :id")
_FIND_AND_LOCK = Statement(f"{_READ} WHERE id = :id FOR UPDATE")
_LOCK_IN_STATE = Statement(f"{_READ} WHERE id = ANY (CAST(:ids AS uuid[])) AND state = :state ORDER BY id FOR UPDATE")


async def find(connection: AsyncConnection, adjustment_id: UUID, *, lock: bool = False) -> Adjustment | None:
    """An adjustment; with `lock` nobody else moves it until the transaction ends."""
    row = await (_FIND_AND_LOCK if lock else _FIND).row(connection, {"id": adjustment_id})
    return None if row is None else _adjustment(dict(row))


async def lock_in_state(connection: AsyncConnection, ids: Sequence[UUID], state: State) -> list[Adjustment]:
    """Those of `ids` that are in `state`, locked in the order of their ids."""
    rows = await _LOCK_IN_STATE.rows(connection, {"ids": list(ids), "state": state})
    return [_adjustment(dict(row)) for row in rows]


def _adjustment(values: dict[str, Any]) -> Adjustment:
    return Adjustment(**(values | {"state": State(values["state"])}))


async def page(
    connection: AsyncConnection,
    *,
    viewer: Viewer,
    states: Sequence[str],
    region_code: str | None,
    organ_id: UUID | None,
    created_by: str | None,
    minor: bool | None,
    before: UUID | None,
    limit: int,
) -> list[Adjustment]:
    """Adjustments the viewer may read, the youngest first; a region means it and everything below."""
    statement = select(*_COLUMNS).order_by(adjustment.c.id.desc()).limit(limit)
    seen = seen_by(viewer)
    if seen is not None:
        statement = statement.where(seen)
    if states:
        statement = statement.where(adjustment.c.state.in_(list(states)))
    if region_code is not None:
        below = text(
            "region_code IN (SELECT code FROM qingdan.catalog_region_v1 WHERE code = :region OR ancestors @> :regions)"
        ).bindparams(
            bindparam("region", region_code, type_=Text), bindparam("regions", [region_code], type_=ARRAY(Text))
        )
        statement = statement.where(below)
    if organ_id is not None:
        statement = statement.where(
            (adjustment.c.organ_id == organ_id) | (adjustment.c.participants.any_() == organ_id)
        )
    if created_by is not None:
        statement = statement.where(adjustment.c.created_by == created_by)
    if minor is not None:
        statement = statement.where(adjustment.c.minor == minor)
    if before is not None:
        statement = statement.where(adjustment.c.id < before)
    return [_adjustment(dict(row)) for row in (await connection.execute(statement)).mappings()]


@lru_cache(maxsize=64)
def _saving(names: tuple[str, ...]) -> Statement:
    """The statement that writes some columns, whatever their values."""
    types = {name: adjustment.c[name].type.compile(dialect=postgresql.dialect()) for name in names}  # type: ignore[no-untyped-call]
    assigned = "".join(f"{name} = CAST(:{name} AS {type_}), " for name, type_ in types.items())
    return Statement(
        f"UPDATE qingdan.adjustment SET {assigned}version = version + 1, updated_at = :now"
        " WHERE id = ANY (CAST(:ids AS uuid[])) RETURNING version"
    )


async def _save(connection: AsyncConnection, ids: Sequence[UUID], now: datetime, values: dict[str, Any]) -> list[int]:
    given = {
        name: orjson.dumps(value).decode()
        if value is not None and isinstance(adjustment.c[name].type, JSONB)
        else value
        for name, value in values.items()
    }
    versions: list[int] = await _saving(tuple(values)).values(connection, given | {"ids": list(ids), "now": now})
    return versions


async def save(connection: AsyncConnection, adjustment_id: UUID, *, now: datetime, **values: Any) -> int:
    """Change columns of an adjustment; returns its new version."""
    (version,) = await _save(connection, [adjustment_id], now, values)
    return version


_PUBLISHED = Statement(
    f"""
    UPDATE qingdan.adjustment SET published_at = :now, version = version + 1, updated_at = :now
    WHERE id = ANY (CAST(:ids AS uuid[])) AND state = 'effective'
    RETURNING {", ".join(column.name for column in _COLUMNS)}
    """
)


async def save_published(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[Adjustment]:
    """Note that everything these adjustments changed is public; those that are not in effect are left out."""
    return [_adjustment(dict(row)) for row in await _PUBLISHED.rows(connection, {"ids": list(ids), "now": now})]


async def save_state(
    connection: AsyncConnection, ids: Sequence[UUID], state: State, *, now: datetime, **values: Any
) -> None:
    """Move any number of adjustments to a state."""
    await _save(connection, ids, now, values | {"state": state})


async def touch(connection: AsyncConnection, adjustment_id: UUID, account_id: UUID, now: datetime) -> int:
    """Note that an account has had a hand in the content; returns the new version."""
    return int(await _ADD_COMPILER.value(connection, {"id": adjustment_id, "account": str(account_id), "now": now}))


_STATE = Statement("SELECT state FROM qingdan.adjustment WHERE id = :id")


async def state_of(connection: AsyncConnection, adjustment_id: UUID) -> str | None:
    """The state alone, for whoever waits for it."""
    state: str | None = await _STATE.value(connection, {"id": adjustment_id})
    return state


async def validation(connection: AsyncConnection, adjustment_id: UUID) -> dict[str, Any] | None:
    """The catalog's last answer to a submission."""
    row = (await connection.execute(_VALIDATION, {"id": adjustment_id})).mappings().one_or_none()
    return None if row is None else dict(row)


async def cascade(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """The cascade ledger (联动台账)."""
    return [dict(row) for row in (await connection.execute(_CASCADE, {"id": adjustment_id})).mappings()]


async def open_drafts(connection: AsyncConnection, adjustment_id: UUID, limit: int) -> list[dict[str, Any]]:
    """Drafts of linked entries nobody has accepted yet; `total` counts beyond the limit."""
    rows = await connection.execute(_DRAFTS, {"id": adjustment_id, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def open_findings(connection: AsyncConnection, adjustment_id: UUID, limit: int) -> list[dict[str, Any]]:
    """Findings neither closed nor waived that block or are errors; `total` counts beyond the limit."""
    rows = await connection.execute(_FINDINGS, {"id": adjustment_id, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def names(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of organs and accounts."""
    if not ids:
        return {}
    return {row.id: row.name for row in await connection.execute(_NAMES, {"ids": list(set(ids))})}
