"""Models of one item's exchange."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.publish.platform.peers.schemas import RowState

_TITLES = {
    "waiting": "待推送",
    "sending": "推送中",
    "accepted": "平台已接收",
    "rejected": "平台已退回",
    "superseded": "已由新版本替代",
}


class PeerState(BaseModel):
    """Where an item stands with one platform."""

    peer: str = Field(examples=["hebei"])
    peer_name: str = Field(examples=["河北省政务服务平台"])
    peer_state: str = Field(description="active or paused", examples=["active"])
    transport: str = Field(examples=["item_exchange"])
    state: RowState = Field(description="Of its newest version", examples=["accepted"])
    state_title: str = Field(examples=["平台已接收"])
    task_version: int = Field(examples=[3])
    accepted_version: int | None = Field(description="The newest the platform has acknowledged", examples=[3])
    versions: int = Field(description="As many have been queued for it", examples=[3])
    operation: str = Field(description="I, U or D", examples=["U"])
    row_guid: UUID
    batch: str | None = Field(examples=["2026112200002"])
    err_type: str | None = Field(examples=["E02"])
    remark: str | None = Field(description="What the platform said", examples=["实施编码校验位错误"])
    queued_at: datetime
    answered_at: datetime | None


class ItemExchange(BaseModel):
    """Where an item stands with the platforms that are to have it."""

    item_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    peers: list[PeerState]

    @classmethod
    def of(cls, item_id: UUID, rows: list[Any]) -> ItemExchange:
        """From the newest row at each peer."""
        told = [PeerState.model_validate(dict(row) | {"state_title": _TITLES[row.state]}) for row in rows]
        return cls(item_id=item_id, peers=told)
