"""SQL of clocks. A clock has the id of the task it measures; where that is about a review step, the step's too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.clocks.state import Clock, State, limit_of
from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_COLUMNS = """c.id, c.subject, c.region_code, c.organ_id, c.role, c.adjustment_id, c.amount, c.unit, c.fixed_at,
    c.extension_most, c.started_at, c.due_at, c.provisional, c.state, c.pauses, c.extensions, c.thresholds, c.warnings,
    c.next_at, c.version, c.stopped_at"""

_GIVEN = """jsonb_to_recordset(CAST(:clocks AS jsonb)) AS g(
        id uuid, subject text, region_code text, organ_id uuid, role text, adjustment_id uuid, amount int, unit text,
        fixed_at timestamptz, extension_most int, started_at timestamptz, due_at timestamptz, provisional boolean,
        state text, pauses jsonb, extensions jsonb, thresholds jsonb, warnings jsonb, next_at timestamptz)"""

# A clock that was stopped starts anew when its task is opened again; what a step shows is the clock's due date.
STARTED = f"""started AS (
    INSERT INTO qingdan.clock AS c (id, subject, region_code, organ_id, role, adjustment_id, amount, unit, fixed_at,
                                    extension_most, started_at, due_at, provisional, state, pauses, extensions,
                                    thresholds, warnings, next_at)
    SELECT g.id, g.subject, g.region_code, g.organ_id, g.role, g.adjustment_id, g.amount, g.unit, g.fixed_at,
           g.extension_most, g.started_at, g.due_at, g.provisional, g.state, g.pauses, g.extensions, g.thresholds,
           g.warnings, g.next_at
    FROM {_GIVEN}
    ON CONFLICT (id) DO UPDATE
    SET region_code = excluded.region_code, organ_id = excluded.organ_id, role = excluded.role,
        amount = excluded.amount, unit = excluded.unit, fixed_at = excluded.fixed_at,
        extension_most = excluded.extension_most, started_at = excluded.started_at, due_at = excluded.due_at,
        provisional = excluded.provisional, state = excluded.state, pauses = excluded.pauses,
        extensions = excluded.extensions, thresholds = excluded.thresholds, warnings = excluded.warnings,
        next_at = excluded.next_at, recalculate = false, version = c.version + 1, stopped_at = NULL
    WHERE c.state = 'stopped'
), step_dated AS (
    UPDATE qingdan.review_step AS s SET due_at = g.due_at FROM {_GIVEN}
    WHERE g.subject = 'review_step/' || g.id AND s.id = g.id AND s.due_at IS DISTINCT FROM g.due_at
)"""

_START = Statement(f"WITH {STARTED} SELECT count(*) FROM {_GIVEN}")

# To be used where tasks are closed: `chosen` is a select of the ids of the tasks.
STOPPED = """stopped AS (
    UPDATE qingdan.clock AS c
    SET state = 'stopped', stopped_at = :now, next_at = NULL, recalculate = false, version = c.version + 1
    WHERE c.id = ANY(ARRAY({chosen})) AND c.state <> 'stopped'
    RETURNING c.id
)"""

_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.clock AS c WHERE c.id = :id")
_LOCK = Statement(
    f"SELECT {_COLUMNS} FROM qingdan.clock AS c WHERE c.id = ANY(CAST(:ids AS uuid[])) ORDER BY c.id FOR UPDATE"
)

# Whoever decides holds the adjustment first: so does whoever moves the due dates of its steps.
_LOCK_ADJUSTMENTS = Statement(
    "SELECT a.state FROM qingdan.adjustment AS a WHERE a.id = ANY(CAST(:ids AS uuid[])) ORDER BY a.id FOR UPDATE"
)

_LOCK_OF_ADJUSTMENT = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.clock AS c
    WHERE c.adjustment_id = :adjustment_id AND c.state = :state ORDER BY c.id FOR UPDATE
    """
)

# Clock, task and step show the same due date at any moment.
_SAVE = Statement(
    f"""
    WITH step_dated AS (
        UPDATE qingdan.review_step AS s SET due_at = g.due_at FROM {_GIVEN}
        WHERE g.subject = 'review_step/' || g.id AND s.id = g.id
    ), task_dated AS (
        UPDATE qingdan.task AS t
        SET due_at = g.due_at, overdue_at = CASE WHEN g.state = 'overdue' THEN t.overdue_at END
        FROM {_GIVEN} WHERE t.id = g.id
    )
    UPDATE qingdan.clock AS c
    SET fixed_at = g.fixed_at, due_at = g.due_at, provisional = g.provisional, state = g.state, pauses = g.pauses,
        extensions = g.extensions, warnings = g.warnings, next_at = g.next_at, recalculate = false,
        version = c.version + 1
    FROM {_GIVEN} WHERE c.id = g.id
    """
)

_PAGE = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.clock AS c
    JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    WHERE (r.code = ANY(CAST(:places AS text[])) OR r.ancestors && CAST(:places AS text[])
           OR CAST(:everywhere AS boolean))
      AND (CAST(:region_code AS text) IS NULL OR r.code = :region_code OR CAST(:region_code AS text) = ANY(r.ancestors))
      AND (CAST(:state AS text) IS NULL OR c.state = :state)
      AND (CAST(:adjustment_id AS uuid) IS NULL OR c.adjustment_id = :adjustment_id)
      AND (CAST(:due_before AS timestamptz) IS NULL OR c.due_at < :due_before)
      AND (c.due_at, c.id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY c.due_at, c.id LIMIT :limit
    """
)

# Of a calendar year only what is due in it or later can move.
_MARK_REGION = Statement(
    """
    WITH marked AS (
        UPDATE qingdan.clock AS c SET recalculate = true
        FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = c.region_code AND c.state <> 'stopped' AND c.due_at >= :since
          AND (CAST(:everywhere AS boolean) OR r.code = :region_code OR CAST(:region_code AS text) = ANY(r.ancestors))
        RETURNING c.id
    )
    SELECT count(*) FROM marked
    """
)


def row_of(clock: Clock) -> dict[str, Any]:
    """A clock as it is written."""
    limit = clock.limit
    row = {name: value for name, value in vars(clock).items() if name not in ("limit", "version", "stopped_at")}
    return row | {"amount": limit.amount, "unit": limit.unit, "fixed_at": limit.fixed_at}


def clock_of(row: Row) -> Clock:
    """A clock as it was read."""
    values = dict(row)
    limit = limit_of(values.pop("amount"), values.pop("unit"), values.pop("fixed_at"))
    return Clock(**{name: values[name] for name in Clock.__dataclass_fields__ if name in values}
                 | {"limit": limit, "state": State(values["state"])})  # fmt: skip


def as_json(clocks: Sequence[Clock]) -> str:
    """Clocks as a statement takes them."""
    return orjson.dumps([row_of(clock) for clock in clocks], default=str).decode()


async def start(connection: AsyncConnection, clocks: Sequence[Clock]) -> None:
    """Store clocks that begin to run, or begin anew."""
    await _START.rows(connection, {"clocks": as_json(clocks)})


async def find(connection: AsyncConnection, clock_id: UUID) -> Clock | None:
    """One clock."""
    row = await _FIND.row(connection, {"id": clock_id})
    return None if row is None else clock_of(row)


async def lock(connection: AsyncConnection, clock_id: UUID) -> Clock | None:
    """One clock, locked."""
    return next(iter(await lock_all(connection, [clock_id])), None)


async def lock_all(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Clock]:
    """Clocks, locked."""
    return [clock_of(row) for row in await _LOCK.rows(connection, {"ids": list(ids)})]


async def lock_of_adjustment(connection: AsyncConnection, adjustment_id: UUID, state: State) -> list[Clock]:
    """The clocks of an adjustment in a state, locked."""
    rows = await _LOCK_OF_ADJUSTMENT.rows(connection, {"adjustment_id": adjustment_id, "state": state})
    return [clock_of(row) for row in rows]


async def lock_adjustments(connection: AsyncConnection, ids: Sequence[UUID]) -> list[str]:
    """Wait until nobody else acts on these adjustments; where they stand then."""
    return await _LOCK_ADJUSTMENTS.values(connection, {"ids": list(ids)})


async def save(connection: AsyncConnection, clocks: Sequence[Clock]) -> None:
    """Write clocks that were paused, resumed, extended, dated or calculated again, with their tasks and steps."""
    await _SAVE.rows(connection, {"clocks": as_json(clocks)})


async def page(
    connection: AsyncConnection,
    places: Sequence[str],
    *,
    region_code: str | None,
    state: str | None,
    adjustment_id: UUID | None,
    due_before: datetime | None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Clock]:
    """Clocks of a region and below, as far as they lie in `places` (region codes) or below; the first due first."""
    given = {
        "places": list(places),
        "everywhere": NATION in places,
        "region_code": region_code,
        "state": state,
        "adjustment_id": adjustment_id,
        "due_before": due_before,
        "after_at": after[0],
        "after_id": after[1],
        "limit": limit,
    }
    return [clock_of(row) for row in await _PAGE.rows(connection, given)]


async def mark_region(connection: AsyncConnection, region_code: str, since: datetime, *, everywhere: bool) -> int:
    """Have the clocks of a region and below that are due from then on calculated again; returns how many."""
    given = {"region_code": region_code, "since": since, "everywhere": everywhere}
    return int(await _MARK_REGION.value(connection, given))
