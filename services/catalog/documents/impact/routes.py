"""HTTP of the impact of documents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.documents import service
from services.catalog.documents.citations import article_key
from services.catalog.documents.impact import check
from services.catalog.documents.impact.reading import repository
from services.catalog.documents.schemas import NewBasisCheck, Resting
from services.catalog.fields import RegionText
from services.catalog.regions.rules import NATION
from shared import problems
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["documents"])


@router.get(
    "/documents/{document_id}/impact",
    operation_id="get_document_impact",
    summary="Every entry of every list that rests on a document or an article of it",
)
async def get_document_impact(
    tx: Unit, staff: Staff, document_id: Annotated[UUID, Path(description="Document")], limit: Limit = 50,
    cursor: Cursor = None,
    article: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", examples=["第三十五条"])] = None,
    kind: Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", description="List kind")] = None,
    within: Annotated[RegionText | None, Query(description="In this region and all below it")] = None,
) -> Page[Resting]:  # fmt: skip
    """With list, organ and place in the entry; entries of regions in which the reader has a role (TH-42)."""
    await service.get(tx.connection, document_id)
    key = article_key(article) if article else None
    if article and key is None:
        place = problems.FieldError("query/article", "article_number", "应为条款号，如“第三十五条”或“35”")
        raise problems.Invalid("条款号无法识别。", code="article_number", errors=[place])
    seen = sorted({grant.region_code for grant in staff.grants})
    rows = await repository.impact(
        tx.connection, document_id, article=key, kind=kind,
        within=fields.region(within, "query/within") if within else None, seen=seen, everything=NATION in seen,
        after=_after(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([Resting.model_validate(dict(row)) for row in rows], limit, lambda one: [one.item_id, one.place])


@router.post("/basis-checks", operation_id="check_basis", summary="Check what the entries of a region rest on",
             status_code=202, response_model=Started)  # fmt: skip
async def check_basis(tx: Unit, staff: Staff, body: NewBasisCheck) -> Response:
    """Powers without law, regulation or rule are proposed for cancellation (ZL-03); what is not in force is found."""
    region = await service.authorise(tx, staff, body.region_code)
    return accepted(
        "catalog", await operations.create(tx, kind=check.KIND, parameters={"region_code": region or NATION})
    )


def _after(cursor: str | None) -> tuple[UUID, int] | None:
    if cursor is None:
        return None
    item_id, place = decode_cursor(cursor, 2)
    try:
        number = int(place)
        if not 0 <= number < 2**31:
            raise ValueError(number)
        return UUID(str(item_id)), number
    except (TypeError, ValueError, OverflowError):
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None
