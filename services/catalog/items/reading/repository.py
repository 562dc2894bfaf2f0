"""All SQL of reading items and their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, cast, func, literal, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one_or_none
from services.catalog.regions.repository import at_or_below
from shared.schema.catalog import item, item_code, item_version, list_
from shared.search.terms import TOPICS

_IDENTITY = (item.c.id, item.c.list_id, item.c.kind, item.c.region_code)
_ROW = (
    *_IDENTITY, item.c.version, item.c.effective_from, item.c.name, item.c.base_code, item.c.implementation_code,
    item.c.handling_item, item.c.item_type, item.c.level, item.c.implementing_body, item.c.permit_name, item.c.state,
    item.c.audience,
)  # fmt: skip


async def entry(
    connection: AsyncConnection, item_id: UUID, *, number: int | None = None, as_of: datetime | None = None
) -> Record | None:
    """An item in its current version, in version `number`, or as it was at an instant; None when there is none."""
    version = item_version.c
    statement = (
        select(*_IDENTITY, item.c.version.label("current_version"), version.number.label("version"),
               version.effective_from, version.recorded_at, version.elements, version.changed, version.provenance,
               version.rule_set, version.adjustment_id, version.operation)
        .join(item_version, version.item_id == item.c.id)
        .where(item.c.id == item_id)
    )  # fmt: skip
    if number is not None:
        statement = statement.where(version.number == number)
    elif as_of is not None:
        statement = statement.where(version.effective_from <= as_of).order_by(version.effective_from.desc()).limit(1)
    else:
        statement = statement.where(version.number == item.c.version)
    return one_or_none(await connection.execute(statement))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What items are narrowed to; None asks for nothing.

    Attributes
    ----------
    within : a region; lists of this one and of all below it.
    level, service_object, topic : one of the values the item has there.
    name : part of the name.
    code : a present or former code.
    """

    list_id: UUID | None = None
    kind: str | None = None
    region_code: str | None = None
    within: str | None = None
    implementing_body: UUID | None = None
    item_type: str | None = None
    state: str | None = None
    level: str | None = None
    service_object: str | None = None
    topic: str | None = None
    name: str | None = None
    code: str | None = None


async def search(
    connection: AsyncConnection, wanted: Wanted, *, as_of: datetime | None = None, after: UUID | None, limit: int
) -> list[Record]:
    """Items by id, which is by age, as they are or as they were at an instant; one statement."""
    version = item_version.c
    if as_of is None:
        columns: Mapping[str, Any] = {column.name: column for column in _ROW}
        statement = select(*_ROW)
        if wanted.service_object or wanted.topic:
            statement = statement.join(
                item_version, (version.item_id == item.c.id) & (version.number == item.c.version)
            )
        elements: Any = version.elements
    else:
        held = _held(as_of)
        columns = _then(held)
        statement = select(*(column.label(name) for name, column in columns.items())).join(held, true())
        elements = held.c.elements
    same = {name: getattr(wanted, name) for name in ("implementing_body", "item_type", "state")}
    statement = statement.where(*(columns[name] == value for name, value in same.items() if value is not None))
    statement = statement.where(*_of_lists(wanted), *_with_values(wanted, columns["level"], elements))
    if wanted.name:
        statement = statement.where(columns["name"].contains(wanted.name, autoescape=True))
    if wanted.code is not None:
        statement = statement.where(item.c.id.in_(select(item_code.c.item_id).where(item_code.c.code == wanted.code)))
    if after is not None:
        statement = statement.where(item.c.id > after)
    return many(await connection.execute(statement.order_by(item.c.id).limit(limit)))


def _held(as_of: datetime) -> Any:
    """The version of an item that held at an instant."""
    version = item_version.c
    return (
        select(version.number, version.effective_from, version.elements)
        .where(version.item_id == item.c.id, version.effective_from <= as_of)
        .order_by(version.effective_from.desc())
        .limit(1)
        .lateral("held")
    )


def _then(held: Any) -> dict[str, Any]:
    """The columns of an item as a version says them."""
    elements = held.c.elements
    said = {
        name: func.nullif(elements[name].astext, "")
        for name in ("base_code", "implementation_code", "item_type", "level", "permit_name", "implementing_body")
    }
    return {
        **{column.name: column for column in _IDENTITY},
        "version": held.c.number,
        "effective_from": held.c.effective_from,
        "name": func.coalesce(elements["name"].astext, ""),
        "handling_item": func.coalesce(elements["handling_item"].astext, ""),
        **{name: cast(value, Uuid) if name == "implementing_body" else value for name, value in said.items()},
        "state": func.coalesce(elements["state"].astext, "in_use"),
        "audience": func.coalesce(elements["audience"].astext, "public"),
    }


def _of_lists(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Conditions on the list; where it is not named, the lists of kind and region are found first, they are few."""
    if wanted.list_id is not None:
        return [item.c.list_id == wanted.list_id]
    asked = matching(list_, {"kind": wanted.kind, "region_code": wanted.region_code})
    if wanted.within is not None:
        asked.append(at_or_below(list_.c.region_code, wanted.within))
    return [item.c.list_id.in_(select(list_.c.id).where(*asked))] if asked else []


def _with_values(wanted: Wanted, level: Any, elements: Any) -> list[ColumnElement[bool]]:
    """Conditions on elements that have several values."""
    found: list[ColumnElement[bool]] = []
    if wanted.level is not None:
        found.append(literal(wanted.level) == any_(func.string_to_array(level, ",")))
    if wanted.service_object is not None:
        found.append(elements["service_objects"].has_key(wanted.service_object))
    if wanted.topic is not None:
        found.append(or_(*(elements[key].has_key(wanted.topic) for key in TOPICS)))
    return found


async def codes(connection: AsyncConnection, item_id: UUID) -> list[Record]:
    """All codes an item has or had, oldest first."""
    code = item_code.c
    columns = (code.scheme, code.code, code.valid_from, code.valid_until, code.successor,
               code.ended_by, code.adjustment_id)  # fmt: skip
    statement = select(*columns).where(item_code.c.item_id == item_id)
    return many(await connection.execute(statement.order_by(item_code.c.valid_from, item_code.c.code)))


async def history(connection: AsyncConnection, item_id: UUID, *, before: int | None, limit: int) -> list[Record]:
    """Versions of an item, newest first, with who made them, why, and on what basis."""
    return many(await connection.execute(text(_HISTORY), {"item_id": item_id, "before": before, "limit": limit}))


async def taken_codes(
    connection: AsyncConnection, *, kind: str, list_id: UUID, whole: Sequence[str], base: Sequence[str]
) -> dict[str, tuple[UUID, bool]]:
    """Of codes that name one entry only: code -> the item that holds or held it, and whether it is retired."""
    parameters = {"kind": kind, "list_id": str(list_id), "whole": list(whole), "base": list(base)}
    rows = (await connection.execute(text(_TAKEN), parameters)).all()
    return {row.code: (row.item_id, row.retired) for row in rows}


async def name_of(connection: AsyncConnection, item_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of items that exist."""
    rows = await connection.execute(select(item.c.id, item.c.name).where(item.c.id.in_(item_ids)))
    return {row.id: row.name for row in rows}


# The event that brought a version about names it; imports and adjustments are found by their root.
_HISTORY = """
SELECT v.number, v.effective_from, v.recorded_at, v.changed, v.operation, v.adjustment_id, v.rule_set,
       e.actor, coalesce(e.reason, a.reason) AS reason, coalesce(e.legal_basis, a.legal_basis) AS legal_basis,
       e.position,
       ARRAY(SELECT DISTINCT p.value ->> 'rule' FROM jsonb_each(v.provenance) AS p
             WHERE p.key = ANY (v.changed) AND p.value ->> 'rule' IS NOT NULL ORDER BY 1) AS rules,
       CASE WHEN a.decision IS NOT NULL THEN jsonb_build_object('meeting', a.decision -> 'meeting',
            'date', a.decision -> 'date', 'number', a.decision -> 'number') END AS decision
FROM qingdan.item_version AS v
LEFT JOIN qingdan.workflow_adjustment_v1 AS a ON a.id = v.adjustment_id
LEFT JOIN LATERAL (
    SELECT e.actor, e.reason, e.legal_basis, e.position
    FROM qingdan.event AS e
    WHERE e.adjustment_id = v.adjustment_id AND e.type LIKE 'item.%' AND e.item_ids @> ARRAY[v.item_id]
      AND e.versions[array_position(e.item_ids, v.item_id)] = v.number
    ORDER BY e.position LIMIT 1
) AS e ON true
WHERE v.item_id = :item_id AND (CAST(:before AS integer) IS NULL OR v.number < CAST(:before AS integer))
ORDER BY v.number DESC LIMIT :limit"""

_TAKEN = """
SELECT c.code, c.item_id, c.valid_until IS NOT NULL AS retired
FROM qingdan.item_code AS c
WHERE (c.space = :kind AND c.code = ANY (CAST(:whole AS text[])))
   OR (c.space = :list_id AND c.code = ANY (CAST(:base AS text[])))"""
