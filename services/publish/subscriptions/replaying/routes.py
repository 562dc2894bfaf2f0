"""HTTP of sending again: from a number, of a time, of items, or just what is missing."""

from __future__ import annotations

from services.publish.subscriptions import service as subscriptions
from services.publish.subscriptions.replaying import service
from services.publish.subscriptions.replaying.schemas import MissingNumbers, ReplayAnswer, ReplayRequest
from services.publish.subscriptions.routes import SubscriptionId
from shared.http.documents import responses
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/subscriptions/{subscription_id}", tags=["subscriptions"])


@router.post("/replay", operation_id="replay_subscription", summary="Send again", status_code=202,
             responses=responses(410))  # fmt: skip
async def replay_subscription(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, body: ReplayRequest
) -> ReplayAnswer:
    """从指定编号起、按时段或按事项重新推送：编号和标识不变。"""
    return await service.replay(tx, caller, subscription_id, body)


@router.post("/gaps", operation_id="fill_subscription_gaps", summary="Send just the missing numbers again",
             status_code=202, responses=responses(410))  # fmt: skip
async def fill_subscription_gaps(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, body: MissingNumbers
) -> ReplayAnswer:
    """补发接收方缺少的编号，其余不再推送。"""
    row = await subscriptions.find(tx, caller, subscription_id, lock=True)
    return await service.fill_gaps(tx, row, body)
