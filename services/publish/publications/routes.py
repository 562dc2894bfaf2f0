"""HTTP of publications: everybody reads them; whoever may enact lists says what is put right or taken back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.publications import service
from services.publish.publications.schemas import NUMBER, Correction, Publication, Withdrawal
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["publications"])

Number = Annotated[
    str, Path(max_length=60, pattern=r"^[0-9A-Za-z._-]+$", description="Number of the publication", examples=[NUMBER])
]
Region = Annotated[
    str | None,
    Query(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$", description="Region, 12 digits",
          examples=["440100000000"]),
]  # fmt: skip


@router.get("/publications", operation_id="list_publications", summary="Publications, newest first")
async def publications(
    unit: Unit, region: Region = None,
    list_id: Annotated[UUID | None, Query(alias="list", description="That published this list")] = None,
    adjustment: Annotated[UUID | None, Query(description="That goes back to this adjustment")] = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> Page[Publication]:  # fmt: skip
    """Every act of publication with its lists, the decision behind it and who approved it (ZL-10)."""
    return await service.page(unit, region=region, list_id=list_id, adjustment=adjustment, cursor=cursor, limit=limit)


@router.get(
    "/publications/{number}", operation_id="get_publication", summary="One publication", response_model=Publication
)
async def publication(unit: Unit, number: Number) -> Response:
    """A publication as it was made, and what was said of it since."""
    found, version = await service.one(unit, number)
    return with_etag(found, version)


@router.post(
    "/publications/{number}/correct",
    operation_id="correct_publication",
    summary="Say that a later publication puts this one right (更正)",
    response_model=Publication,
)
async def correct(tx: Unit, staff: Staff, number: Number, given: Correction, if_match: IfMatch = None) -> Response:
    """由有权审定清单的人员说明本次公布已由其后的差错更正公布更正；两处均显示说明文字。"""
    found, version = await service.correct(tx, staff, number, given, if_match)
    return with_etag(found, version)


@router.post(
    "/publications/{number}/withdraw",
    operation_id="withdraw_publication",
    summary="Take a publication back by decision (撤回)",
    response_model=Publication,
)
async def withdraw(tx: Unit, staff: Staff, number: Number, given: Withdrawal, if_match: IfMatch = None) -> Response:
    """依决定撤回本次公布：所涉清单恢复此前内容，形成新的公布；原公布仍可查阅，不作删除。"""
    found, version = await service.withdraw(tx, staff, number, given, if_match)
    return with_etag(found, version)
