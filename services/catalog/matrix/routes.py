"""HTTP of the responsibility matrix."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.matrix import repository, service
from services.catalog.matrix.schemas import MatrixResult, NewResponsibility, Responsibility
from services.catalog.spreadsheets.routes import MEDIA_TYPE
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1/matrix", tags=["lists"])

RegionPath = Annotated[RegionText, Path(description="Region", examples=["130922"])]
KindPath = Annotated[str, Path(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["power"])]
KindName = Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["power"])]
Home = Annotated[RegionText, Query(description="This region", examples=["130922"])]
Below = Annotated[bool, Query(description="And all regions below it")]
_CSV = "text/csv; charset=utf-8"


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}, "example": "（文件）"}}
    return {200: {"content": content, "description": "The matrix as a table"}}


_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "format": "binary"},
                         "example": "清单,牵头单位\n行政权力清单,青县行政审批局\n"},
            MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "（XLSX文件）"},
        },
    }
}  # fmt: skip


@router.get("", operation_id="list_responsibilities", summary="Who leads which list")
async def list_responsibilities(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    region: Annotated[RegionText | None, Query(description="This region")] = None, below: Below = False,
    kind: KindName = None,
    organ: Annotated[UUID | None, Query(description="Led or assisted by this organ")] = None,
) -> Page[Responsibility]:  # fmt: skip
    """清单管理责任分工：区划、清单、牵头单位、配合单位。"""
    after = [str(one) for one in decode_cursor(cursor, 2)] if cursor else None
    rows = await repository.page(
        tx.connection, region=fields.region(region, "query/region") if region else None, below=below, list_kind=kind,
        organ_id=organ, after=(after[0], after[1]) if after else None, limit=limit + 1,
    )  # fmt: skip
    shown = [Responsibility.model_validate(row) for row in rows]
    return page_of(shown, limit, lambda one: [one.region_code, one.list_kind])


@router.get("/export.csv", operation_id="export_matrix_csv", response_class=Response, responses=_file("text/csv"),
            summary="The matrix as CSV, in the shape of the import")  # fmt: skip
async def export_csv(tx: Unit, staff: Staff, region: Home, below: Below = False) -> Response:
    """导出责任分工（CSV），可修改后再导入。"""
    table = await service.table(tx, region, below=below)
    return _attached(await asyncio.to_thread(service.as_csv, table), _CSV, "csv")


@router.get("/export.xlsx", operation_id="export_matrix_xlsx", response_class=Response, responses=_file(MEDIA_TYPE),
            summary="The matrix as a spreadsheet, in the shape of the import")  # fmt: skip
async def export_xlsx(tx: Unit, staff: Staff, region: Home, below: Below = False) -> Response:
    """导出责任分工（XLSX），可修改后再导入。"""
    table = await service.table(tx, region, below=below)
    return _attached(await asyncio.to_thread(service.as_xlsx, table), MEDIA_TYPE, "xlsx")


@router.post("/import", operation_id="import_matrix", summary="Take in the matrix from CSV or XLSX",
             openapi_extra=_UPLOAD)  # fmt: skip
async def import_matrix(
    request: Request, tx: Unit, staff: Staff, region: Home,
    atomic: Annotated[bool, Query(description="All or nothing")] = False,
    reason: Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$", description="Why")] = None,
) -> MatrixResult:  # fmt: skip
    """导入责任分工；逐行回复，清单的牵头单位随之变更。"""
    return await service.take_in(tx, staff, region, await request.body(), atomic=atomic, reason=reason)


@router.get("/{region}/{kind}", operation_id="get_responsibility", summary="Who leads a list",
            response_model=Responsibility)  # fmt: skip
async def get_responsibility(tx: Unit, staff: Staff, region: RegionPath, kind: KindPath) -> Response:
    """某区划某清单的牵头单位和配合单位。"""
    row = await service.find(tx, fields.region(region, "path/region"), kind)
    return with_etag(Responsibility.model_validate(row), row.version)


@router.put("/{region}/{kind}", operation_id="put_responsibility", summary="Say who leads a list",
            response_model=Responsibility)  # fmt: skip
async def put_responsibility(
    tx: Unit, staff: Staff, region: RegionPath, kind: KindPath, body: NewResponsibility, if_match: IfMatch = None
) -> Response:
    """设定牵头单位和配合单位；新登记的 If-Match 为 "0"。"""
    row = await service.put(tx, staff, region, kind, body, if_match)
    return with_etag(Responsibility.model_validate(row), row.version)


def _attached(content: bytes, media_type: str, ending: str) -> Response:
    name = quote(f"清单管理责任分工.{ending}", safe="")
    disposition = f"attachment; filename=\"matrix.{ending}\"; filename*=UTF-8''{name}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
