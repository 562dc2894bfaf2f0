"""HTTP of the quality check, its report and its gates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.catalog.fields import RegionText
from services.catalog.lists import service as lists
from services.catalog.quality.checks import jobs
from services.catalog.quality.reports import repository, service
from services.catalog.quality.reports.schemas import Gate, Gates, HallRow, NewGates, NewQualityCheck, QualityReport
from services.catalog.regions import service as regions
from shared import problems
from shared.http.operations import Started, accepted
from shared.http.pages import ONE_PAGE, Page
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["quality"])


@router.post(
    "/quality-check",
    operation_id="check_quality",
    summary="Judge every entry of a list or a region",
    status_code=202,
    response_model=Started,
)
async def check_quality(tx: Unit, staff: Staff, body: NewQualityCheck) -> Response:
    """Findings of the validators open and close; the operation's result counts them by list and rule."""
    region = (await regions.chain(tx.connection, body.region_code))[0] if body.region_code else None
    if body.list_id:
        await lists.get(tx.connection, body.list_id)
    parameters = {"list_id": str(body.list_id) if body.list_id else None, "region_code": region,
                  "record": body.record, "warnings": body.warnings}  # fmt: skip
    return accepted("catalog", await operations.create(tx, kind=jobs.CHECK, parameters=parameters))


@router.get("/quality-report", operation_id="get_quality_report", summary="Five figures of quality by organ and list")
async def get_quality_report(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionText | None, Query(examples=["130922"])] = None,
    list_id: UUID | None = None,
) -> QualityReport:
    """Legality, authenticity, accuracy, completeness and consistency, each with what was counted."""
    if (region_code is None) == (list_id is None):
        place = problems.FieldError("query/region_code", "one_of", "请给出区划或清单之一")
        raise problems.Invalid("请给出 region_code 或 list_id 之一。", code="one_of", errors=[place])
    region = str((await lists.get(tx.connection, list_id))["region_code"]) if list_id else str(region_code)
    chain = await regions.chain(tx.connection, region, "query/region_code")
    gates = await service.gates_in_force(tx.connection, chain)
    return await service.report(tx.connection, list_id=list_id, region=None if list_id else chain[0], gates=gates)


@router.get("/quality-gates", operation_id="get_quality_gates", summary="Shares the figures must reach in a region")
async def get_quality_gates(
    tx: Unit, staff: Staff, region_code: Annotated[RegionText, Query(examples=["130922"])]
) -> Gates:
    """What the region has set, and what holds there with what its superiors have set."""
    return await _gates(tx, await regions.chain(tx.connection, region_code, "query/region_code"))


@router.post("/quality-gates", operation_id="set_quality_gates", summary="Set shares the figures must reach")
async def set_quality_gates(tx: Unit, staff: Staff, body: NewGates) -> Gates:
    """Gates of a region (its administrator): a list below them is not enacted."""
    await service.set_gates(tx, staff, body)
    return await _gates(tx, await regions.chain(tx.connection, body.region_code))


async def _gates(tx: Unit, chain: list[str]) -> Gates:
    rows = await repository.told_gates(tx.connection, chain[0])
    return Gates(items=[Gate(**row) for row in rows], in_force=await service.gates_in_force(tx.connection, chain))


@router.get(
    "/hall-report",
    operation_id="get_hall_report",
    summary="What organs have not brought into the hall",
    dependencies=[ONE_PAGE],
)
async def get_hall_report(tx: Unit, staff: Staff, list_id: UUID) -> Page[HallRow]:
    """By organ: entries handled by one office, in the hall, online, by an authorised window (三集中两到位)."""
    await lists.get(tx.connection, list_id)
    return Page(items=await service.hall(tx.connection, list_id))
