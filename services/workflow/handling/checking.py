"""A batch of handling records against the lists: a handful of statements, however many records. One idea a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks.rules import Notice
from services.workflow.clocks.state import warning_of
from services.workflow.handling import repository, rules
from services.workflow.handling.rules import UNLISTED, Course, Listed, Violation
from services.workflow.handling.schemas import NewHandlingRecord
from services.workflow.oversight import repository as oversight
from shared.ledger.transaction import Transaction
from shared.statement import Row

_WHOLE, _BASE, _HANDLING_BASE = 31, 12, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A record, where it belongs, what the list said of it, how its limits run and what it violates."""

    record: NewHandlingRecord
    place: Row
    listed: Listed
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
    asked = [code_of(record) | {"n": n} for n, record in enumerate(records)]
    places = await repository.match(tx.connection, asked)
    regions = {row.region_code for row in places.values()}
    known = {code: calendar_of(region) for code, region in (await calendars.of_regions(tx, regions)).items()}
    settings = await oversight.settings(tx.connection, regions)
    thresholds = {code: rules.as_thresholds(held.thresholds) for code, held in settings.items()}
    said = await _versions(tx, places.values())
    found: list[Checked | None] = []
    for n, record in enumerate(records):
        place = places.get(n)
        if place is None:
            found.append(None)
            continue
        region, handled, listed = place.region_code, record.handled(), _listed(place, said)
        told = _told(before.get(record.number))
        course = rules.course(handled, listed, thresholds[region], known[region], told, tx.now)
        found.append(
            Checked(
                record=record,
                place=place,
                listed=listed,
                course=course,
                violations=rules.violations(handled, listed, course, tx.now),
            )
        )
    return found


def code_of(record: NewHandlingRecord) -> dict[str, Any]:
    """How a code is looked up: as a base code, or as an implementation code with or without its serial."""
    code = record.code
    base = len(code) in (_BASE, _HANDLING_BASE)
    return {
        "credit_code": record.organ_credit_code,
        "scheme": "base" if base else "implementation",
        "codes": [code[:_BASE]] if base else list(dict.fromkeys([code, code[:_WHOLE]])),
        "accepted_at": record.accepted_at,
    }


def row_of(checked: Checked, *, id_: UUID, client_id: UUID) -> dict[str, Any]:
    """A record as it is stored."""
    record, place, course = checked.record, checked.place, checked.course
    told = record.model_dump(
        mode="json", include={"number", "revision", "code", "name", "outcome", "materials", "fees", "responsible"}
    )
    return told | {
        "id": id_,
        "client_id": client_id,
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
        "due_at": course.due_at,
        "statutory_due_at": course.statutory_due_at,
        "provisional": course.provisional,
        "warnings": [notice.as_data() for notice in course.warnings],
        "next_at": course.next_at,
    }


async def _versions(tx: Transaction, places: Any) -> dict[tuple[UUID, int], Row]:
    wanted = {(row.item_id, row.version) for row in places if row.version is not None}
    return await repository.versions(tx.connection, sorted(wanted)) if wanted else {}


def _listed(place: Row, said: Mapping[tuple[UUID, int], Row]) -> Listed:
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


def _told(before: Row | None) -> list[Notice]:
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
