"""A batch of handling records against the lists: a handful of statements, however many records. One idea a step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks.rules import Notice, Threshold
from services.workflow.clocks.state import warning_of
from services.workflow.handling import repository, rules
from services.workflow.handling.rules import UNLISTED, Course, Listed, Violation
from services.workflow.handling.schemas import NewHandlingRecord
from services.workflow.oversight import repository as oversight
from shared.calendar.working_days import WorkingCalendar
from shared.ledger.transaction import Transaction
from shared.statement import Row

_WHOLE, _BASE, _HANDLING_BASE = 31, 12, 14


@dataclass(frozen=True, slots=True)
class Ground:
    """What limits are counted by, by region: working days, and the shares that are warned of."""

    calendars: Mapping[str, WorkingCalendar]
    thresholds: Mapping[str, Sequence[Threshold]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A record, where it belongs, how its limits run and what it violates."""

    record: NewHandlingRecord
    place: Row
    course: Course
    violations: list[Violation]


async def check(
    tx: Transaction, records: Sequence[NewHandlingRecord], before: Mapping[str, Row]
) -> list[Checked | None]:
    """Hold records against the lists in force when they were accepted; None for one whose organ nobody knows.

    Parameters
    ----------
    before : what is here of them already, by number: what was told of a limit is not told again.
    """
    asked = [
        code_of(record.code) | {"n": n, "credit_code": record.organ_credit_code, "accepted_at": record.accepted_at}
        for n, record in enumerate(records)
    ]
    places = await repository.match(tx.connection, asked)
    ground = await ground_of(tx, {row.region_code for row in places.values()})
    said = await versions(tx, places.values())
    found: list[Checked | None] = []
    for n, record in enumerate(records):
        place = places.get(n)
        if place is None:
            found.append(None)
            continue
        handled, entry = record.handled(), listed(place, said)
        course = rules.course(
            handled, entry, ground.thresholds[place.region_code], ground.calendars[place.region_code],
            told(before.get(record.number)), tx.now,
        )  # fmt: skip
        shown = rules.violations(handled, entry, course, tx.now)
        found.append(Checked(record=record, place=place, course=course, violations=shown))
    return found


async def ground_of(tx: Transaction, regions: Collection[str]) -> Ground:
    """What limits are counted by in regions."""
    known = await calendars.of_regions(tx, regions)
    settings = await oversight.settings(tx.connection, regions)
    return Ground(
        {code: calendar_of(region) for code, region in known.items()},
        {code: rules.as_thresholds(held.thresholds) for code, held in settings.items()},
    )


def code_of(code: str) -> dict[str, Any]:
    """How a code is looked up: as a base code, or as an implementation code with or without its serial."""
    base = len(code) in (_BASE, _HANDLING_BASE)
    return {
        "scheme": "base" if base else "implementation",
        "codes": [code[:_BASE]] if base else list(dict.fromkeys([code, code[:_WHOLE]])),
    }


def row_of(checked: Checked, *, id_: UUID, client_id: UUID) -> dict[str, Any]:
    """A record as it is stored."""
    record, place, course = checked.record, checked.place, checked.course
    given = record.model_dump(
        mode="json", include={"number", "revision", "code", "name", "outcome", "materials", "fees", "responsible"}
    )
    return given | {
        "id": id_,
        "client_id": client_id,
        "digest": record.digest().hex(),
        "region_code": place.region_code,
        "organ_id": place.organ_id,
        "standing": place.standing,
        "list_id": place.list_id,
        "item_id": place.item_id,
        "item_version": place.version,
        "accepted_at": record.accepted_at,
        "completed_at": record.completed_at,
        "pauses": [pause.model_dump(mode="json") for pause in record.pauses],
        "state": record.handled().state,
        **limits_of(course),
    }


def limits_of(course: Course) -> dict[str, Any]:
    """The limits of a record as they are stored."""
    return {
        "due_at": course.due_at,
        "statutory_due_at": course.statutory_due_at,
        "provisional": course.provisional,
        "warnings": [notice.as_data() for notice in course.warnings],
        "next_at": course.next_at,
    }


async def versions(tx: Transaction, places: Iterable[Row]) -> dict[tuple[UUID, int], Row]:
    """What the lists said of the entries of records: rows with item_id and version."""
    wanted = {(row.item_id, row.version) for row in places if row.version is not None}
    return await repository.versions(tx.connection, sorted(wanted)) if wanted else {}


def listed(place: Row, said: Mapping[tuple[UUID, int], Row]) -> Listed:
    """What the list said of a record: a row with standing, item_id and version."""
    row = said.get((place.item_id, place.version)) if place.version is not None else None
    if row is None:
        return UNLISTED if place.item_id is None else Listed(standing=place.standing)
    return Listed(
        standing=place.standing,
        version=place.version,
        promised=row.promised,
        statutory=row.statutory,
        materials=row.materials if isinstance(row.materials, list) else None,
        fees=row.fees if isinstance(row.fees, list) else None,
        charged=row.charged if isinstance(row.charged, bool) else None,
    )


def told(before: Row | None) -> list[Notice]:
    """What was said of the limits of a record."""
    return [] if before is None else [warning_of(each) for each in before.warnings]


def overrun_rows(spoken: Row, now: datetime, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The limits of a record that have run out, as violations to be stored; `ids` are fresh ones, two are enough."""
    found = rules.overruns(now, spoken.due_at, spoken.statutory_due_at)
    return [
        violation_row(each, id_=id_, client_id=spoken.client_id, number=spoken.number)
        for each, id_ in zip(found, ids, strict=False)
    ]


def violation_row(found: Violation, *, id_: UUID, client_id: UUID, number: str) -> dict[str, Any]:
    """A violation as it is stored."""
    return {
        "id": id_, "client_id": client_id, "number": number, "kind": found.kind, "severity": found.severity,
        "proof": dict(found.proof),
    }  # fmt: skip
