"""HTTP of reviews: review systems tell of them, those who work for the place read them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.workflow.fields import RegionCode
from services.workflow.reviews import service
from services.workflow.reviews.schemas import Review, ReviewBatch, ReviewsTaken
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Caller, Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/reviews", tags=["complaints"])


@router.post("", operation_id="take_reviews", summary="Tell of reviews, up to 500 at a time")
async def take(tx: Unit, caller: Caller, given: ReviewBatch) -> ReviewsTaken:
    """好差评系统批量报送评价：差评逐件转为投诉举报限期办理，好评计入统计；有误的行逐行说明，不影响其他行。"""
    return await service.take(tx, caller, given.reviews)


@router.get("", operation_id="list_reviews", summary="Reviews, the newest first")
async def reviews(
    tx: Unit, staff: Staff,
    region: Annotated[RegionCode, Query(description="This region and all below it", examples=["130922000000"])],
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    item: Annotated[UUID | None, Query(description="Only of this entry")] = None,
    most: Annotated[int | None, Query(ge=1, le=5, description="Rated so at most: 2 are the bad ones")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Review]:  # fmt: skip
    """办事评价；差评附其投诉举报。"""
    filters = {"region": region, "organ": organ, "item": item, "most": most}
    rows = await service.page(tx, staff, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[Review.model_validate(dict(row)) for row in found.items], next=found.next)
