"""HTTP of the directory: public, no login."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.publish.complaint_phones import repository
from services.publish.complaint_phones.schemas import ComplaintPhones
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1/complaint-phones", tags=["published lists"])
Region = Annotated[str, Query(pattern=r"^[0-9A-Za-z._-]{2,32}$", description="Region", examples=["130922000000"])]


@router.get("", operation_id="list_complaint_phones", summary="Where to complain, organ by organ")
async def phones(
    tx: Unit, region: Region, below: Annotated[bool, Query(description="And all regions below it")] = False,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[ComplaintPhones]:  # fmt: skip
    """一个区划各部门的投诉举报电话，取自已公布事项；没有公布电话的部门也列出。"""
    after = id_of(cursor) or UUID(int=0)
    rows = await repository.page(tx.connection, region, below=below, after=after, limit=limit + 1)
    found = [ComplaintPhones.model_validate({**dict(row), "phones": row.phones or []}) for row in rows]
    return page_of(found, limit, lambda one: [one.organ_id])
