"""HTTP of imports and mapping profiles."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Row
from starlette.responses import Response, StreamingResponse

from services.catalog.exchange import rejects, repository, service, spool, uploads
from services.catalog.exchange.registry import repository as registry
from services.catalog.exchange.registry import service as profiles
from services.catalog.exchange.schemas import ImportRequest, ImportRun, ProfileSpec, RegisteredProfile, RowOutcome
from services.catalog.spreadsheets import routes as spreadsheets
from services.catalog.spreadsheets import service as sheets
from shared.http.etag import created
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.http.routing import Staff, Unit, transactional_router

imports: APIRouter = transactional_router(prefix="/catalog/v1/imports", tags=["imports"])
mapping_profiles: APIRouter = transactional_router(prefix="/catalog/v1/mapping-profiles", tags=["imports"])

ImportId = Annotated[UUID, Path(description="Id of the import (and of its operation)")]
Parameter = Annotated[str | None, Query(max_length=2000, description="For a bare CSV body; a form carries it itself")]
Outcome = Annotated[
    list[Literal["added", "changed", "unchanged", "rejected"]],
    Query(max_length=4, description="Which rows; added and changed ones by default"),
]

_FORM: dict[str, Any] = ImportRequest.model_json_schema()
_FORM["properties"] = {"file": {"type": "string", "format": "binary"}, **_FORM["properties"]}
_FORM["required"] = ["file", *_FORM["required"]]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "text/csv": {"schema": {"type": "string"}, "example": "task_code,uscc,catalog_code,task_name\n"},
        },
    }
}


@imports.post(
    "",
    operation_id="start_import",
    status_code=202,
    response_model=Started,
    summary="Import a CSV or XLSX file into the lists of a kind that are being compiled",
    openapi_extra=_BODY,
)
async def start_import(
    request: Request,
    tx: Unit,
    who: Staff,
    profile: Parameter = None,
    list_kind: Parameter = None,
    region_code: Parameter = None,
    dry_run: Parameter = None,
    reason: Parameter = None,
    legal_basis: Parameter = None,
    file_name: Parameter = None,
) -> Response:
    """The file is stored, then read by a worker; rows that are wrong never hold back the others."""
    service.refuse_without_role(who)
    given = {"profile": profile, "list_kind": list_kind, "region_code": region_code, "dry_run": dry_run}
    given |= {"reason": reason, "legal_basis": legal_basis, "file_name": file_name}
    settings = request.app.state.settings
    upload = await uploads.receive(request, settings, given)
    try:
        operation_id = await service.start(tx, who, upload.wish, spool=upload.spool, file_name=upload.file_name)
    except BaseException:
        spool.remove(settings.state_dir, upload.spool)
        raise
    return accepted("catalog", operation_id)


@imports.get("/{import_id}", operation_id="get_import", summary="What an import was asked to do and how far it is")
async def get_import(import_id: ImportId, tx: Unit, who: Staff) -> ImportRun:
    """Counts are those of this moment: what a cancelled import had applied stays, and is told here."""
    run = await service.get_run(tx, who, import_id)
    counted = await repository.counts(tx.connection, import_id)
    return ImportRun.model_validate({**run._mapping, "id": run.operation_id, "counts": counted})


@imports.get("/{import_id}/diff", operation_id="get_import_diff", summary="Row by row: what an import changes")
async def get_import_diff(
    import_id: ImportId,
    tx: Unit,
    who: Staff,
    outcome: Outcome = ["added", "changed"],  # noqa: B006 - FastAPI copies defaults
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RowOutcome]:
    """In the order of the file; of a dry run, what would change."""
    await service.get_run(tx, who, import_id)
    after = service.row_after(decode_cursor(cursor, 1)) if cursor else 0
    rows = await repository.outcomes(tx.connection, import_id, outcome, after=after, size=limit + 1)
    more = encode_cursor([rows[limit - 1].row]) if len(rows) > limit else None
    return Page(items=[RowOutcome.model_validate(dict(row._mapping)) for row in rows[:limit]], next=more)


@imports.get(
    "/{import_id}/rejects.csv",
    operation_id="get_import_rejects",
    summary="The rows that were refused, as they were, with column and reason",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"example": "行号,列,原因\r\n"}}, "description": "UTF-8 with BOM"}},
)
async def get_import_rejects(request: Request, import_id: ImportId, tx: Unit, who: Staff) -> Response:
    """Cells that a spreadsheet would execute begin with an apostrophe."""
    run = await service.get_run(tx, who, import_id)
    return StreamingResponse(
        rejects.lines(request.app.state.engine, import_id, run.header or ()),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejects-{import_id}.csv"'},
    )


@imports.get(
    "/{import_id}/rejects.xlsx",
    operation_id="get_import_rejects_xlsx",
    summary="The rows that were refused as a spreadsheet, wrong cells coloured; corrected, it is uploaded again",
    response_class=StreamingResponse,
    responses=spreadsheets.FILE,
)
async def get_import_rejects_xlsx(request: Request, import_id: ImportId, tx: Unit, who: Staff) -> Response:
    """The rows as they came and a column 原因 at the end."""
    run = await service.get_run(tx, who, import_id)
    task = {"mode": "rejects", "header": list(run.header or ())}
    pages = rejects.pages(request.app.state.engine, import_id)
    return spreadsheets.SpreadsheetResponse(request, sheets.Order("未通过的行", task, pages))


@mapping_profiles.post(
    "",
    operation_id="register_mapping_profile",
    status_code=201,
    response_model=RegisteredProfile,
    summary="Register how a foreign table is read, or a new version of it",
)
async def register_mapping_profile(spec: ProfileSpec, tx: Unit, who: Staff) -> Response:
    """Columns, transforms out of a closed set, and translations of the source's values."""
    row = await profiles.register(tx, who, spec)
    return created(f"/catalog/v1/mapping-profiles/{row.code}", _shown(row))


@mapping_profiles.get("", operation_id="list_mapping_profiles", summary="All mapping profiles, newest versions")
async def list_mapping_profiles(
    tx: Unit, who: Staff, cursor: Cursor = None, limit: Limit = 50
) -> Page[RegisteredProfile]:
    """Shipped ones and registered ones, by code."""
    after = str(decode_cursor(cursor, 1)[0]) if cursor else ""
    rows = await registry.newest(tx.connection, after=after, size=limit + 1)
    more = encode_cursor([rows[limit - 1].code]) if len(rows) > limit else None
    return Page(items=[_shown(row) for row in rows[:limit]], next=more)


@mapping_profiles.get("/{code}", operation_id="get_mapping_profile", summary="One mapping profile, newest version")
async def get_mapping_profile(code: Annotated[str, Path(max_length=200)], tx: Unit, who: Staff) -> RegisteredProfile:
    """What each column of the foreign table becomes."""
    return _shown(await profiles.get(tx, code))


def _shown(row: Row[Any]) -> RegisteredProfile:
    document = row.document
    return RegisteredProfile.model_validate(
        {
            **{key: document[key] for key in ("list_kinds", "target", "columns")},
            **{key: row._mapping[key] for key in ("code", "version", "title", "source", "origin")},
            "rejecting": document.get("rejecting", []),
            "created_by": row.created_by,
            "created_at": row.created_at,
        }
    )


routers = (imports, mapping_profiles)
