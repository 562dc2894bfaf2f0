"""Which step an act closes, and what a decision record must say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Act
from services.workflow.procedures.rules import PREPARING, ReviewStep
from shared import problems

# Verdict of the legality review (ZL-51): anything but `legal` sends the adjustment back.
PASSING_VERDICTS = frozenset({"legal"})

ACT_OF_STEP = {"sign": Act.SIGN, "review": Act.REVIEW, "legality": Act.LEGALITY, "decide": Act.DECIDE} | dict.fromkeys(
    PREPARING, Act.PREPARE
)


def step_to_close(
    steps: Sequence[ReviewStep], act: str, may_act: Callable[[ReviewStep], bool], step_id: UUID | None = None
) -> ReviewStep:
    """The open step the caller closes by `act`; of several beside one another the one he may act at.

    Raises
    ------
    problems.Forbidden
        Steps of the kind are open, but lie with others.
    problems.IllegalTransition
        Another step is open, or the caller has done his part: the order of the procedure holds (ZL-34).
    problems.Invalid
        He may act at several and did not say at which; pointer `/step_id`.
    """
    opened = [step for step in steps if step.state == "open"]
    fitting = [step for step in opened if step.act == act and step_id in (None, step.id)]
    mine = [step for step in fitting if may_act(step)]
    if len(mine) == 1:
        return mine[0]
    if mine:
        named = "；".join(f"{step.title} {step.id}" for step in mine)
        place = problems.FieldError("/step_id", "step_missing", f"您可办理多个并行环节，请写明环节标识：{named}")
        raise problems.Invalid("请写明办理的环节。", errors=[place])
    if fitting and not any(step.act == act and may_act(step) for step in steps):
        title, role = fitting[0].title, fitting[0].role
        raise problems.Forbidden(
            f"环节“{title}”由其他单位办理，当前账号没有相应职责。",
            extra={"role": role, "region": fitting[0].region_code},
        )
    waiting_for = "、".join(dict.fromkeys(step.title for step in opened)) or "无"
    raise problems.IllegalTransition(
        f"审核程序现在的环节是“{waiting_for}”，须先办结后才能办理此环节。",
        allowed=list(dict.fromkeys(step.act for step in opened)),
    )


def step_to_sign(
    steps: Sequence[ReviewStep], organ_id: UUID | None, may_sign: Callable[[ReviewStep], bool]
) -> ReviewStep:
    """The signature the caller is to give.

    Raises
    ------
    problems.Forbidden
        He is principal of none of the organs that still have to sign.
    problems.Invalid
        He is of several and did not say for which; pointer `/organ_id`.
    """
    mine = [
        step
        for step in steps
        if step.state == "open" and step.act == "sign" and organ_id in (None, step.organ_id) and may_sign(step)
    ]
    if not mine:
        raise problems.Forbidden(
            "您不是待签署单位的主要负责人，或该单位已经签署。", code="not_principal", extra={"role": "principal"}
        )
    if len(mine) > 1:
        place = problems.FieldError("/organ_id", "organ_missing", "您可代多个单位签署，请写明单位")
        raise problems.Invalid("请写明签署单位。", errors=[place])
    return mine[0]


def check_seal(seal: Mapping[str, Any] | None, *, sealed: bool) -> None:
    """A signature names where the signed and sealed document lies; where the template says so also its proof.

    Parameters
    ----------
    sealed : the template asks for the digest of the sealed document or for an electronic seal.

    Raises
    ------
    problems.Invalid
        Pointers `/seal`, `/seal/sha256`.
    """
    if seal is None:
        place = problems.FieldError("/seal", "seal_missing", "签署须附签字盖章凭证（档案号或地址）")
        raise problems.Invalid("缺少签字盖章凭证。", errors=[place])
    if sealed and not (seal.get("sha256") or seal.get("electronic_seal")):
        message = "该程序要求附盖章文件的 SHA-256 摘要（sha256）或电子印章标识（electronic_seal）"
        place = problems.FieldError("/seal/sha256", "seal_proof_missing", message)
        raise problems.Invalid("签字盖章凭证不完整。", errors=[place])


def check_opinion(passed: bool, opinion: str | None, place: str = "/opinion") -> None:
    """Whoever sends something back says why.

    Raises
    ------
    problems.Invalid
    """
    if not passed and not opinion:
        error = problems.FieldError(place, "opinion_missing", "退回须写明意见")
        raise problems.Invalid("退回时请写明意见。", errors=[error])


def check_element_opinions(opinions: Sequence[tuple[UUID, str]], items: set[UUID]) -> None:
    """Opinions speak of entries of the adjustment.

    Raises
    ------
    problems.Invalid
        Pointer `/element_opinions/<n>/item_id`.
    """
    errors = [
        problems.FieldError(f"/element_opinions/{index}/item_id", "unknown_item", "该事项不在本次调整中")
        for index, (item_id, _) in enumerate(opinions)
        if item_id not in items
    ]
    if errors:
        raise problems.Invalid("逐要素意见所指事项有误。", errors=errors)


def check_decision_date(decided_on: date, today: date) -> None:
    """A decision that has not been taken cannot be recorded.

    Raises
    ------
    problems.Invalid
        Pointer `/decision/date`.
    """
    if decided_on > today:
        error = problems.FieldError("/decision/date", "date_in_future", "审定日期不能晚于今天")
        raise problems.Invalid("审定记录的日期有误。", errors=[error])
