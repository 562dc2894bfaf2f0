"""HTTP of substitutions."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.substitutions import service
from services.workflow.substitutions.schemas import NewSubstitution, Substitution, SubstitutionEnd
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

PATH = "/workflow/v1/substitutions"
router = transactional_router(prefix=PATH, tags=["tasks"])


@router.post(
    "",
    operation_id="arrange_substitution",
    summary="Arrange who stands in",
    status_code=201,
    response_model=Substitution,
)
async def arrange(tx: Unit, staff: Staff, given: NewSubstitution) -> Response:
    """安排代办人（有起止日期）；代办人须具有相同角色，代办不授予角色。"""
    made = Substitution.model_validate(await service.add(tx, staff, given))
    return created(f"{PATH}/{made.id}", made)


@router.get("", operation_id="list_substitutions", summary="Who stands in for whom, past ones too")
async def list_substitutions(
    tx: Unit,
    staff: Staff,
    account_id: Annotated[UUID | None, Query(description="Of this account; the caller's own when empty")] = None,
    on: Annotated[date | None, Query(description="Only those that hold on this day")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Substitution]:
    """本人的代办安排：谁为我代办、我为谁代办，按时间倒序；管理员可查他人的。"""
    rows = await service.page(tx, staff, account_id, on=on, before=id_of(cursor), limit=limit + 1)
    return page_of([Substitution.model_validate(dict(row)) for row in rows], limit, lambda each: [str(each.id)])


@router.post("/{substitution_id}/end", operation_id="end_substitution", summary="Let a substitution end early")
async def end(
    tx: Unit,
    staff: Staff,
    substitution_id: Annotated[UUID, Path(description="Id of the substitution")],
    given: SubstitutionEnd,
) -> Substitution:
    """提前终止代办。"""
    return Substitution.model_validate(await service.end(tx, staff, substitution_id, given.last_day))
