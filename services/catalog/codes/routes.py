"""HTTP of codes: officials ask what a code means and which is free; citizens ask the publish service."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.codes import repository, service
from services.catalog.codes.schemas import (
    CodeAnswer,
    CodeMapping,
    CodeMappingLoad,
    CodeMappingResult,
    FreeCode,
    NextCode,
)
from services.catalog.fields import RegionText
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["codes"])

Code = Annotated[str, Path(min_length=1, max_length=50, pattern=r"^[!-~]+$", examples=["000116101000"])]
CodeQuery = Annotated[str | None, Query(max_length=50, pattern=r"^[!-~]*$")]


@router.get("/codes/{code}", operation_id="describe_code", summary="What is known of a code")
async def describe_code(tx: Unit, staff: Staff, code: Code) -> CodeAnswer:
    """Its parts, the entries that have or had it with their successors, and its mappings."""
    return await service.describe(tx, code.upper())


@router.put("/free-codes", operation_id="find_free_code", summary="A code that was never given")
async def find_free_code(tx: Unit, staff: Staff, body: NextCode) -> FreeCode:
    """The next code of a scheme; it is not reserved, entry refuses it if another entry takes it first."""
    return await service.free(tx, body)


@router.get("/code-mappings", operation_id="list_code_mappings", summary="Local codes and their national ones")
async def list_code_mappings(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    region: Annotated[RegionText | None, Query(description="Whose local codes")] = None,
    local_code: CodeQuery = None,
    national_code: CodeQuery = None,
) -> Page[CodeMapping]:  # fmt: skip
    """Mappings by region, local and national code."""
    filters = {
        "region_code": fields.region(region, "query/region") if region else None,
        "local_code": local_code.upper() if local_code else None,
        "national_code": national_code.upper() if national_code else None,
    }
    after = [str(part) for part in decode_cursor(cursor, 3)] if cursor else None
    rows = await repository.mappings(tx.connection, filters, after=after, limit=limit + 1)
    found = [CodeMapping(**row) for row in rows]
    return page_of(found, limit, lambda one: [one.region_code, one.local_code, one.national_code])


@router.put("/code-mappings", operation_id="load_code_mappings", summary="Keep mappings of local codes")
async def load_code_mappings(tx: Unit, staff: Staff, body: CodeMappingLoad) -> CodeMappingResult:
    """Up to 5,000 mappings of a region; rows that are wrong are named, the others are kept."""
    return await service.load(tx, staff, body)


@router.delete(
    "/code-mappings/{region_code}/{local_code}/{national_code}",
    operation_id="remove_code_mapping",
    summary="Forget a mapping",
    status_code=204,
    response_class=Response,
)
async def remove_code_mapping(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionText, Path(examples=["440000"])],
    local_code: Annotated[Code, Path(examples=["440116101001"])],
    national_code: Annotated[Code, Path(examples=["000116101000"])],
) -> Response:
    """A mapping that was wrong."""
    await service.remove(tx, staff, region_code, local_code, national_code)
    return Response(status_code=204)
