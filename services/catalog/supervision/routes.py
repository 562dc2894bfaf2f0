"""HTTP of supervision: determinations, disputes, the gate, the check, the mapping sheet, the coverage report."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Query, Request, Response

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.records import after_id
from services.catalog.spreadsheets.routes import MEDIA_TYPE
from services.catalog.supervision import coverage, jobs, repository, service
from services.catalog.supervision.disputes import repository as dispute_rows
from services.catalog.supervision.disputes import service as disputes
from services.catalog.supervision.mappings import service as mappings
from services.catalog.supervision.schemas import (
    Coverage,
    Determined,
    Dispute,
    DisputeDecision,
    Gate,
    GateSetting,
    Mappings,
    NewCheck,
    NewDetermination,
    NewDispute,
    NewMappings,
)
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["supervision"])

PermitId = Annotated[UUID, Path(description="A permit")]
DisputeId = Annotated[UUID, Path(description="A dispute")]
RegionCode = Annotated[RegionText, Path(description="Region", examples=["130922"])]
SheetRegion = Annotated[RegionText, Query(description="Region", examples=["130922"])]
_BINARY = {"schema": {"type": "string", "format": "binary"}, "example": "（文件）"}
_SHEET_FILE: dict[int | str, dict[str, object]] = {200: {"content": {MEDIA_TYPE: _BINARY}, "description": "The sheet"}}
_SHEET_UPLOAD = {"requestBody": {"required": True, "content": {MEDIA_TYPE: _BINARY, "text/csv": _BINARY}}}


@router.post(
    "/items/{item_id}/supervision", operation_id="determine_supervision", status_code=201, response_model=Determined,
    summary="Determine who answers for a permit and who supervises it",
)  # fmt: skip
async def determine_supervision(tx: Unit, staff: Staff, item_id: PermitId, body: NewDetermination) -> Response:
    """Find the supervising body by the rules of the notice; the result is a draft for the list's authority."""
    row = await service.determine(tx, staff, item_id, body)
    return created(f"/catalog/v1/items/{item_id}/supervision", Determined(**row))


@router.get("/items/{item_id}/supervision", operation_id="list_determinations", summary="Who supervises, and why")
async def list_determinations(
    tx: Unit, staff: Staff, item_id: PermitId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Determined]:
    """Determinations of a permit with reason and source, newest first."""
    rows = await repository.determinations(tx.connection, item_id, before=after_id(cursor), limit=limit + 1)
    return page_of([Determined(**row) for row in rows], limit, lambda one: [one.id])


@router.post(
    "/items/{item_id}/supervision/disputes", operation_id="open_supervision_dispute", status_code=201,
    response_model=Dispute, summary="Say that organs do not agree on who supervises",
)  # fmt: skip
async def open_supervision_dispute(tx: Unit, staff: Staff, item_id: PermitId, body: NewDispute) -> Response:
    """Open a dispute; until the government has decided, nobody changes who supervises."""
    row = await disputes.open_one(tx, staff, item_id, body)
    return created(f"/catalog/v1/supervision/disputes/{row['id']}", Dispute(**row))


@router.get("/supervision/disputes", operation_id="list_supervision_disputes", summary="Disputes about who supervises")
async def list_supervision_disputes(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, item_id: UUID | None = None,
    state: Literal["open", "decided"] | None = None, region_code: Annotated[RegionText | None, Query()] = None,
) -> Page[Dispute]:  # fmt: skip
    """Disputes, oldest first."""
    region = fields.region(region_code, "query/region_code") if region_code else None
    filters = {"item_id": item_id, "state": state, "region_code": region}
    rows = await dispute_rows.page(tx.connection, filters, after=after_id(cursor), limit=limit + 1)
    return page_of([Dispute(**row) for row in rows], limit, lambda one: [one.id])


@router.get("/supervision/disputes/{dispute_id}", operation_id="get_supervision_dispute", summary="One dispute")
async def get_supervision_dispute(tx: Unit, staff: Staff, dispute_id: DisputeId) -> Dispute:
    """One dispute."""
    return Dispute(**await disputes.get(tx, dispute_id))


@router.post(
    "/supervision/disputes/{dispute_id}/decide", operation_id="decide_supervision_dispute",
    summary="Record what the government decided in a dispute",
)  # fmt: skip
async def decide_supervision_dispute(tx: Unit, staff: Staff, dispute_id: DisputeId, body: DisputeDecision) -> Dispute:
    """End a dispute: the element is free again, and what was decided is proposed to the list's authority."""
    return Dispute(**await disputes.decide(tx, staff, dispute_id, body))


@router.get(
    "/supervision/gates/{region_code}", operation_id="get_supervision_gate", response_model=Gate,
    summary="Whether permits without supervision are published",
)  # fmt: skip
async def get_supervision_gate(tx: Unit, staff: Staff, region_code: RegionCode) -> Response:
    """What holds in a region, by its own word or that of the nearest region above."""
    row = await service.gate_of(tx, region_code)
    return with_etag(Gate(**row), row["version"])


@router.put(
    "/supervision/gates/{region_code}", operation_id="set_supervision_gate", response_model=Gate,
    summary="Set whether permits without supervision are published",
)  # fmt: skip
async def set_supervision_gate(
    tx: Unit, staff: Staff, region_code: RegionCode, body: GateSetting, if_match: IfMatch = None
) -> Response:
    """`block` keeps permits without supervision subject, items and measures from being published."""
    held = await service.gate_of(tx, region_code, lock=True)
    require_match(if_match, held["version"])
    row = await service.set_gate(tx, staff, region_code, body)
    return with_etag(Gate(**row), row["version"])


@router.post(
    "/supervision/checks", operation_id="check_supervision", status_code=202, response_model=Started,
    summary="Check what permits state of their supervision",
)  # fmt: skip
async def check_supervision(tx: Unit, staff: Staff, body: NewCheck) -> Response:
    """Findings of V17 open and close; the operation's result has every permit with what it lacks."""
    parameters = {"list_id": str(body.list_id) if body.list_id else None, "record": True}
    return accepted("catalog", await operations.create(tx, kind=jobs.CHECK, parameters=parameters))


@router.get(
    "/supervision/coverage/{region_code}", operation_id="get_supervision_coverage",
    summary="What random inspection and supervision reach",
)  # fmt: skip
async def get_supervision_coverage(tx: Unit, staff: Staff, region_code: RegionCode) -> Coverage:
    """Powers of inspection and supervision sub-items with random inspection; permits by what they state."""
    return await coverage.report(tx, region_code)


@router.post(
    "/supervision/mappings", operation_id="load_supervision_mappings",
    summary="Load lines of the permit-to-supervision mapping sheet",
)  # fmt: skip
async def load_supervision_mappings(tx: Unit, staff: Staff, body: NewMappings) -> Mappings:
    """Link supervision items with the permits they supervise, many to many; without lines, as the entries state."""
    return await mappings.load(tx, staff, body)


@router.get(
    "/supervision/mapping-sheet", operation_id="export_mapping_sheet", response_class=Response, responses=_SHEET_FILE,
    summary="The permit-to-supervision mapping sheet as a spreadsheet",
)  # fmt: skip
async def export_mapping_sheet(tx: Unit, staff: Staff, region: SheetRegion) -> Response:
    """导出映射关系梳理表（XLSX）：每个许可及其监管事项，尚无监管事项的许可留空待填，可修改后再导入。"""
    content = await mappings.as_sheet(tx, region)
    name = quote("映射关系梳理表.xlsx", safe="")
    disposition = f"attachment; filename=\"mapping-sheet.xlsx\"; filename*=UTF-8''{name}"
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


@router.post(
    "/supervision/mapping-sheet", operation_id="import_mapping_sheet", openapi_extra=_SHEET_UPLOAD,
    summary="Take in the mapping sheet from a spreadsheet",
)  # fmt: skip
async def import_mapping_sheet(
    request: Request, tx: Unit, staff: Staff, region: SheetRegion,
    reason: Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$", description="Why")] = None,
) -> Mappings:  # fmt: skip
    """导入映射关系梳理表（XLSX 或 CSV）；逐行回复，一行有误不影响其他行。"""
    return await mappings.load_sheet(tx, staff, region, await request.body(), reason)
