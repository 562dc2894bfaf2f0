"""HTTP of the changes of an adjustment."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from services.workflow.adjustments import reading, service
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.schemas import Adjustment
from services.workflow.changes import reforms, transfers
from services.workflow.changes import service as changes
from services.workflow.changes.schemas import ChangeInput, ChangeReplacement, ChangesAnswer, ChangesInput
from shared.http.etag import IfMatch, created, etag, require_match, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["changes"])

ChangeId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000004"])]


@router.post(
    "/{adjustment_id}/changes",
    operation_id="add_changes",
    summary="Add changes, all or none",
    status_code=201,
    response_model=ChangesAnswer,
)
async def add_changes(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: ChangesInput, if_match: IfMatch = None
) -> Response:
    """向编制中的动态调整添加变更事项；同一事项的其他未办结调整列在 others 中。"""
    await service.match(tx, adjustment_id, if_match)
    adjustment = await service.editable(tx, adjustment_id)
    inputs = [
        *given.changes,
        *(await transfers.chosen(tx, adjustment.id, given.selection) if given.selection else ()),
        *(await reforms.changes_of(tx, adjustment, given.reform) if given.reform else ()),
    ]
    stored, others = await changes.add(tx, staff, adjustment, inputs, confirm_overlap=given.confirm_overlap)
    version = await service.note_edit(tx, staff, adjustment, [change["item_id"] for change in stored])
    answer = {"adjustment_id": adjustment.id, "version": version, "changes": stored, "others": others}
    return created(f"{BASE}/{adjustment.id}", ChangesAnswer.model_validate(answer), version)


@router.put(
    "/{adjustment_id}/changes/{change_id}",
    operation_id="replace_change",
    summary="Give a change new content",
    response_model=Adjustment,
)
async def replace_change(
    tx: Unit,
    staff: Staff,
    adjustment_id: AdjustmentId,
    change_id: ChangeId,
    given: ChangeReplacement,
    if_match: IfMatch = None,
) -> Response:
    """修改一项变更的内容；基准取事项的现行版本。"""
    adjustment = await service.editable(tx, adjustment_id)
    require_match(if_match, adjustment.version)
    content = ChangeInput(
        operation=given.operation, elements=given.elements, successors=given.successors, terms=given.terms
    )
    await changes.replace(tx, staff, adjustment, change_id, content, confirm_overlap=given.confirm_overlap)
    await service.note_edit(tx, staff, adjustment, [])
    edited = await service.find(tx, adjustment.id)
    return with_etag(await reading.document(tx, edited), edited.version)


@router.delete(
    "/{adjustment_id}/changes/{change_id}",
    operation_id="remove_change",
    summary="Take a change out",
    status_code=204,
    response_class=Response,
)
async def remove_change(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, change_id: ChangeId, if_match: IfMatch = None
) -> Response:
    """从编制中的动态调整删除一项变更。"""
    adjustment = await service.editable(tx, adjustment_id)
    require_match(if_match, adjustment.version)
    await changes.remove(tx, staff, adjustment, change_id)
    version = await service.note_edit(tx, staff, adjustment, [])
    return Response(status_code=204, headers={"ETag": etag(version)})
