"""HTTP of mandatory lists, coverage and delegations."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.records import after_id
from services.catalog.zones import repository, service
from services.catalog.zones.delegations import repository as delegations
from services.catalog.zones.schemas import (
    Completeness,
    Coverage,
    Delegation,
    Duties,
    Duty,
    Exemption,
    MissingEntry,
    NewDelegation,
    NewExemption,
    Purpose,
    Revocation,
)
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["levels"])

RegionPath = Annotated[RegionText, Path(description="Region", examples=["130922-KFQ"])]
KindPath = Annotated[str, Path(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]
KindName = Annotated[str, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["power"])]
BaseCode = Annotated[str, Query(pattern=r"^([0-9A-Z]{12})?$", description="A matter; the whole kind when empty")]
RegionKind = Annotated[Literal["administrative", "zone", "virtual"], Path(description="Kind of region")]
DelegationId = Annotated[UUID, Path(description="Delegation")]


@router.get("/regions/{region}/completeness", operation_id="check_completeness",
            summary="Which mandatory lists a region has and lacks")  # fmt: skip
async def check_completeness(tx: Unit, staff: Staff, region: RegionPath) -> Completeness:
    """按区划性质核对应有清单：缺少、不适用（含理由）、编制中、已生效。"""
    return await service.completeness(tx, region)


@router.get("/regions/{region}/coverage", operation_id="report_coverage",
            summary="A zone's lists against those of the region above")  # fmt: skip
async def report_coverage(tx: Unit, staff: Staff, region: RegionPath) -> Coverage:
    """开发区清单对照所属县清单的覆盖情况和每项来源。"""
    return await service.coverage(tx, region)


@router.get("/regions/{region}/coverage/missing", operation_id="list_uncovered",
            summary="Entries above that a zone neither has nor says do not apply")  # fmt: skip
async def list_uncovered(
    tx: Unit, staff: Staff, region: RegionPath, kind: KindName, limit: Limit = 50, cursor: Cursor = None
) -> Page[MissingEntry]:
    """县级清单中开发区未列入、也未说明不适用的事项。"""
    code = fields.region(region, "path/region")
    rows = await repository.missing(tx.connection, code, kind, after=after_id(cursor), limit=limit + 1)
    return page_of([MissingEntry.model_validate(row) for row in rows], limit, lambda one: [one.id])


@router.put("/regions/{region}/mandatory-lists/{region_kind}/{purpose}", operation_id="set_mandatory_lists",
            summary="Say which lists regions of a kind must have, or are built against")  # fmt: skip
async def set_mandatory_lists(
    tx: Unit, staff: Staff, region: RegionPath, region_kind: RegionKind, purpose: Purpose, body: Duties
) -> Page[Duty]:
    """设定某类区划应有（mandatory）或应对照（reference）的清单，本区划及下级适用；至多一百种，故只有一页。"""
    rows = await service.put_duties(tx, staff, region, region_kind, purpose, body)
    return Page(items=[Duty(**row) for row in rows])


@router.put("/regions/{region}/exemptions/{kind}", operation_id="set_exemption",
            summary="Say that a kind of list, or a matter of it, does not apply")  # fmt: skip
async def set_exemption(
    tx: Unit, staff: Staff, region: RegionPath, kind: KindPath, body: NewExemption, base_code: BaseCode = ""
) -> Exemption:
    """登记某种清单或其中事项在本区划不适用及理由。"""
    return Exemption(**await service.exempt(tx, staff, region, kind, base_code, body))


@router.delete("/regions/{region}/exemptions/{kind}", operation_id="end_exemption", status_code=204,
               summary="It applies after all")  # fmt: skip
async def end_exemption(
    tx: Unit, staff: Staff, region: RegionPath, kind: KindPath, base_code: BaseCode = ""
) -> Response:
    """撤销不适用登记。"""
    await service.end_exemption(tx, staff, region, kind, base_code)
    return Response(status_code=204)


@router.get("/delegations", operation_id="list_delegations", summary="Powers given to zones and townships")
async def list_delegations(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    region: Annotated[RegionText | None, Query(description="Of this region")] = None,
    state: Literal["in_force", "revoked"] | None = None,
) -> Page[Delegation]:  # fmt: skip
    """委托、赋权事项。"""
    filters = {"region_code": fields.region(region, "query/region") if region else None, "state": state}
    rows = await delegations.page(tx.connection, filters, after=after_id(cursor), limit=limit + 1)
    return page_of([Delegation(**row) for row in rows], limit, lambda one: [one.id])


@router.post("/delegations", operation_id="record_delegation", status_code=201, response_model=Delegation,
             summary="Record that a superior gave a power to a zone or a township")  # fmt: skip
async def record_delegation(tx: Unit, staff: Staff, body: NewDelegation) -> Response:
    """登记委托、赋权：文件、期限、授权机关。"""
    row = await service.delegate(tx, staff, body)
    return created(f"/catalog/v1/delegations/{row['id']}", Delegation(**row), row["version"])


@router.post("/delegations/{delegation_id}/revoke", operation_id="revoke_delegation", response_model=Delegation,
             summary="End a delegation before its day")  # fmt: skip
async def revoke_delegation(
    tx: Unit, staff: Staff, delegation_id: DelegationId, body: Revocation, if_match: IfMatch = None
) -> Response:
    """收回委托、赋权。"""
    row = await service.revoke(tx, staff, delegation_id, body, if_match)
    return with_etag(Delegation(**row), row["version"])
