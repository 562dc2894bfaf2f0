"""HTTP of the preview."""

from __future__ import annotations

from services.publish.subscriptions.previewing import service
from services.publish.subscriptions.previewing.schemas import Preview, PreviewRequest
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/subscriptions", tags=["subscriptions"])


@router.post("/preview", operation_id="preview_subscription", summary="What would have been received in a time")
async def preview_subscription(tx: Unit, caller: Caller, body: PreviewRequest) -> Preview:
    """试算：按此条件在一段时间内会收到多少变更，并示出前几条；不建立订阅。"""
    return await service.preview(tx, caller, body)
