"""What may be disputed, how a dispute goes on, and what is locked by it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol
from uuid import UUID

from services.workflow.procedures.rules import ReviewStep
from shared import problems
from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unit

# No notice names a limit for consultation: the one of the review of a rule that was found (spec 5.2, preset A).
CONSULTATION = TimeLimit(15, Unit.WORKING_DAY)
RULINGS = {"upheld": "维持审核反馈", "amended": "按异议修改"}
# Where a dispute stands, and who ends it there.
ROLES = {"consulting": ("reviewer", "list_authority"), "escalated": ("decider",)}
STATE_TITLES = {
    "consulting": "会商中",
    "escalated": "待本级政府审定",
    "settled": "已解决",
    "void": "已终止",
}


class Lock(Protocol):
    """An element that a dispute keeps as it is."""

    @property
    def number(self) -> int:
        """The number of the change that touches it."""

    @property
    def element(self) -> str:
        """The element."""

    @property
    def question(self) -> str:
        """What the dispute is about."""

    @property
    def dispute_id(self) -> UUID:
        """The dispute."""


def check_elements(named: Sequence[tuple[UUID, str]], items: Collection[UUID]) -> None:
    """A dispute is about elements of entries of the adjustment, each once.

    Raises
    ------
    problems.Invalid
        Pointers `/elements`, `/elements/<n>`.
    """
    if not named:
        place = problems.FieldError("/elements", "elements_missing", "请逐要素写明对哪些反馈有争议")
        raise problems.Invalid("缺少争议要素。", errors=[place])
    wrong = [
        problems.FieldError(f"/elements/{index}", "unknown_item", "该事项不在本次调整中，或同一要素重复列出")
        for index, (item_id, element) in enumerate(named)
        if item_id not in items or (item_id, element) in named[:index]
    ]
    if wrong:
        raise problems.Invalid("争议要素有误。", errors=wrong)


def require_state(state: str, wanted: str) -> None:
    """A dispute is consulted about first; only what consultation does not settle is decided (ZZ-53).

    Raises
    ------
    problems.IllegalTransition
    """
    if state != wanted:
        allowed = {"consulting": ["consult"], "escalated": ["decide"]}.get(state, [])
        raise problems.IllegalTransition(f"该争议目前为“{STATE_TITLES[state]}”，不能进行此操作。", allowed=allowed)


def check_ruling(outcome: str, ruling: str | None) -> None:
    """Who agrees says on what; who does not leaves it to the government.

    Raises
    ------
    problems.Invalid
        Pointer `/ruling`.
    """
    if (outcome == "agreed") == (ruling is not None):
        return
    message = "会商一致的须写明结论：维持审核反馈或按异议修改；未达成一致的由本级政府审定，不写结论"
    raise problems.Invalid("会商结论有误。", errors=[problems.FieldError("/ruling", "ruling_wrong", message)])


def check_present(organ_id: UUID, consulted: Collection[UUID]) -> None:
    """Nobody consults about a department's objection without it.

    Raises
    ------
    problems.Invalid
        Pointer `/organs`.
    """
    if organ_id not in consulted:
        place = problems.FieldError("/organs", "objector_missing", "会商须有提出异议的部门参加")
        raise problems.Invalid("会商参加单位有误。", errors=[place])


def refuse_confirmation(step: ReviewStep, disputed: Collection[UUID]) -> None:
    """What is in dispute is not confirmed before it is settled.

    Raises
    ------
    problems.Conflict
        Code `dispute_open`.
    """
    if step.id in disputed:
        raise problems.Conflict(
            "该单位对审核反馈的争议尚未解决，解决后自动办结本环节。",
            code="dispute_open",
            extra={"dispute_id": str(step.id)},
        )


def refuse_locked(locks: Sequence[Lock]) -> None:
    """What is in dispute stays as it is until it is settled.

    Raises
    ------
    problems.Conflict
        Code `element_disputed`; every place.
    """
    if not locks:
        return
    errors = [
        problems.FieldError(
            f"/changes/{lock.number}/{lock.element}",
            "element_disputed",
            f"该要素有争议，暂不得变更：{lock.question}",
        )
        for lock in locks[:100]
    ]
    raise problems.Conflict(
        f"{len(locks)} 处要素存在尚未解决的争议，须待会商一致或本级政府审定后再办理。",
        code="element_disputed",
        errors=errors,
        extra={"dispute_id": str(locks[0].dispute_id)},
    )


def record_of(dispute: Any, ruling: str, decision: dict[str, Any] | None) -> dict[str, Any]:
    """What the confirmation step keeps of the dispute that ended it."""
    return {
        "outcome": "disputed",
        "question": dispute["question"],
        "ruling": ruling,
        "consultation": dispute["consultation"],
        "decision": decision,
    }
