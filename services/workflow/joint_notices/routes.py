"""HTTP of notices and replies."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.workflow.adjustments import reading
from services.workflow.adjustments.routes import AdjustmentId
from services.workflow.joint_notices import service
from services.workflow.joint_notices.schemas import JointNotices, NewJointNotice, NewJointReply
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1", tags=["adjustments"])
NoticeId = Annotated[UUID, Path(description="A notice", examples=["0197f3a0-0000-7000-8000-000000000051"])]


@router.post(
    "/adjustments/{adjustment_id}/joint-notices", operation_id="give_joint_notice", summary="Ask those who take part"
)
async def give(tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: NewJointNotice) -> JointNotices:
    """牵头单位通知参与单位限期答复。"""
    return await service.told(tx, await service.give(tx, staff, adjustment_id, given))


@router.post("/joint-notices/{notice_id}/replies", operation_id="reply_to_joint_notice", summary="Answer the lead")
async def reply(tx: Unit, staff: Staff, notice_id: NoticeId, given: NewJointReply) -> JointNotices:
    """参与单位答复牵头单位；逾期答复的予以标明。"""
    return await service.told(tx, await service.reply(tx, staff, notice_id, given))


@router.get(
    "/adjustments/{adjustment_id}/joint-notices",
    operation_id="list_joint_notices",
    summary="What was asked and answered",
)
async def notices(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> JointNotices:
    """牵头单位的通知和各单位的答复。"""
    return await service.told(tx, await reading.find(tx, staff, adjustment_id))
