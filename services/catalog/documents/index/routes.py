"""HTTP of registering an index of documents."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.catalog.documents import service
from services.catalog.documents.index import jobs
from services.catalog.documents.schemas import Kind
from services.catalog.exchange import spool
from services.catalog.fields import RegionText
from shared import problems
from shared.http.operations import Started, accepted
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1/documents", tags=["documents"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}, "example": "title,kind,area,issued\n"}},
    }
}
_TABLES = ("text/csv", "application/csv", "application/octet-stream")


@router.post("/imports", operation_id="import_documents", summary="Register an index of documents (CSV)",
             status_code=202, response_model=Started, openapi_extra=_BODY)  # fmt: skip
async def import_documents(
    request: Request, tx: Unit, staff: Staff,
    region_code: Annotated[RegionText | None, Query(description="Of rows that name no area; empty: the nation")] = None,
    kind: Annotated[Kind | None, Query(description="Of rows that name none")] = None,
    reason: Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$")] = None,
) -> Response:  # fmt: skip
    """Columns title, number, kind, issuer, area, issued, effective_from, status, source, by English or Chinese name.

    What is registered stays as it is; rows that cannot be read are in the operation's result, with column and reason.
    """
    region = await service.authorise(tx, staff, region_code)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TABLES:
        raise problems.BadRequest("请以 text/csv 提交目录文件。", code="unsupported_content_type")
    limit = request.app.state.settings.upload_limit
    try:
        name = await spool.keep(jobs.place(), request.stream(), limit)
    except ClientDisconnect as error:
        raise problems.BadRequest("上传中断，请重新提交。", code="upload_interrupted") from error
    parameters = {"spool": name, "region_code": region, "kind": kind, "reason": reason}
    try:
        operation_id = await operations.create(tx, kind=jobs.KIND, parameters=parameters)
    except BaseException:
        spool.remove(jobs.place(), name)
        raise
    return accepted("catalog", operation_id)
