"""Who is asked, who answers, and when the lead need not wait any longer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from shared import problems

MOST_DAYS = 60
# What a reply can be; without any after its day the organ has kept silent, and the lead goes on (TH-18).
STATES = {"waiting": "待答复", "agreed": "同意", "objected": "不同意", "silent": "逾期未答复"}


class Reply(Protocol):
    """An organ's answer, as far as there is one."""

    @property
    def organ_id(self) -> UUID:
        """Whose."""

    @property
    def outcome(self) -> str | None:
        """agreed, objected; None: none yet."""

    @property
    def due_at(self) -> datetime:
        """Until when it is in time."""


def asked(participants: Sequence[UUID], lead: UUID, named: Sequence[UUID]) -> list[UUID]:
    """The organs a notice goes to: those named, or all that take part beside the lead.

    Raises
    ------
    problems.Conflict
        Code `not_joint`: nobody takes part beside the lead.
    problems.Invalid
        Pointer `/organ_ids/<n>`.
    """
    others = [organ for organ in dict.fromkeys(participants) if organ != lead]
    if not others:
        raise problems.Conflict("本次调整没有其他参与单位，无须发出通知；请先列入参与单位。", code="not_joint")
    wrong = [
        problems.FieldError(f"/organ_ids/{place}", "not_participating", "该单位不是本次调整的参与单位，或为牵头单位")
        for place, organ in enumerate(named)
        if organ not in others
    ]
    if wrong:
        raise problems.Invalid("通知单位有误。", errors=wrong)
    return list(dict.fromkeys(named)) or others


def reply_of(replies: Sequence[Any], mine: Collection[UUID], organ_id: UUID | None) -> Any:
    """The reply the caller gives.

    Raises
    ------
    problems.Forbidden
        No organ of his is asked.
    problems.Invalid
        Several are and he did not say for which; pointer `/organ_id`.
    problems.Conflict
        It has answered; code `already_replied`.
    """
    found = [reply for reply in replies if reply["organ_id"] in mine and organ_id in (None, reply["organ_id"])]
    if not found:
        raise problems.Forbidden("该通知未向您的单位征求意见，或您无权代其答复。", code="not_asked")
    if len(found) > 1:
        place = problems.FieldError("/organ_id", "organ_missing", "您可代多个单位答复，请写明单位")
        raise problems.Invalid("请写明答复单位。", errors=[place])
    if found[0]["outcome"] is not None:
        raise problems.Conflict("该单位已经答复，不能更改。", code="already_replied")
    return found[0]


def state_of(reply: Reply, now: datetime) -> str:
    """Where a reply stands: see `STATES`."""
    return reply.outcome or ("silent" if reply.due_at < now else "waiting")


def check_answered(replies: Sequence[Reply], participants: Collection[UUID], now: datetime) -> None:
    """The lead submits when everybody has answered, or has let the day pass.

    Raises
    ------
    problems.Conflict
        Code `replies_waiting`.
    """
    waiting = [one for one in replies if one.organ_id in participants and state_of(one, now) == "waiting"]
    if waiting:
        raise problems.Conflict(
            f"还有 {len(waiting)} 个参与单位未答复且未到期，请待其答复或期限届满后提交。",
            code="replies_waiting",
            extra={"organs": sorted({str(one.organ_id) for one in waiting})},
        )
