"""Who answers feedback of the public, by when, and how much of it is taken. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from shared import problems
from shared.identity.principal import Principal

# Natural days for an answer. A figure of ours: the notice asks that feedback is answered and names no limit.
ANSWER_DAYS = 15
# Anybody may write without signing in: what waits unanswered is bounded, so that nobody can bury an inbox.
MOST_WAITING_OF_ITEM = 20
MOST_WAITING_OF_REGION = 1_000
_READERS = ("compiler", "principal", "reviewer", "list_authority", "decider", "auditor")
_ANSWERERS = ("compiler", "reviewer", "list_authority")


def due_at(received_at: datetime) -> datetime:
    """When an answer is due."""
    return received_at + timedelta(days=ANSWER_DAYS)


def receipt_hash(receipt: str) -> bytes:
    """What is kept of a receipt: it is random, so a plain hash is enough."""
    return hashlib.sha256(receipt.encode()).digest()


def check_room(of_item: int, of_region: int) -> None:
    """Refuse what nobody could answer any more. Raises TooMany."""
    if of_item >= MOST_WAITING_OF_ITEM:
        raise problems.TooMany(
            "该事项已有较多反馈正在办理，请待答复后再提交，或拨打监督电话。",
            code="feedback_of_item_full", headers={"Retry-After": "86400"},
        )  # fmt: skip
    if of_region >= MOST_WAITING_OF_REGION:
        raise problems.TooMany(
            "当前待办理的反馈较多，请稍后再提交，或拨打监督电话。",
            code="feedback_of_region_full", headers={"Retry-After": "3600"},
        )  # fmt: skip


def may_read(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> bool:
    """Who works for the place: an organ's people read what is said of it, a region's all of it."""
    return any(who.holds(role, region=chain, organ_id=organ_id) for role in _READERS)


def require_answerer(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """The organ itself answers, or the region for it. Raises Forbidden."""
    if not any(who.holds(role, region=chain, organ_id=organ_id) for role in _ANSWERERS):
        raise problems.Forbidden("只有该事项的实施机关或本级审改办、清单牵头单位可以答复。", code="not_yours")


def check_open(state: str) -> None:
    """An answer is given once: people have been told it. Raises IllegalTransition."""
    if state != "received":
        raise problems.IllegalTransition("该反馈已答复，不能再次答复。", allowed=[])
