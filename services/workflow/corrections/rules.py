"""What a reviewer may still ask for when a submission comes back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from services.workflow.clocks.rules import Limit, LimitUnit
from shared import problems

# No notice names the days departments have for a correction: those of the other steps of a department (spec 5.2).
DEFAULT_DAYS = 10
MOST_DAYS = 60

_TASKS = UUID("6d0f2a5e-9a63-5f0c-8f0b-1d9b7a4c2e11")


def task_id(adjustment_id: UUID, organ_id: UUID) -> UUID:
    """The task of an organ that corrects: the same whenever it comes back, since its clock has the task's id."""
    return uuid5(_TASKS, f"{adjustment_id}/{organ_id}")


def limit(days: int | None) -> Limit:
    """How long the correction may take, in working days."""
    return Limit(days or DEFAULT_DAYS, LimitUnit.WORKING_DAY)


def check_again(named: int, late_reason: str | None) -> None:
    """Who sends the same submission back again says of which elements, so that it can be held against the first time.

    Raises
    ------
    problems.Invalid
        Pointer `/element_opinions`.
    """
    if named or late_reason:
        return
    message = "再次退回须逐要素写明意见；确有首次未发现的问题，请在 late_reason 中说明原因"
    place = problems.FieldError("/element_opinions", "element_opinions_missing", message)
    raise problems.Invalid("再次退回的意见不完整。", errors=[place])


def check_late(late: Sequence[int], late_reason: str | None) -> None:
    """What could be seen the first time and was not named then is not asked for now, unless it is said why.

    Parameters
    ----------
    late : places among the opinions on elements.

    Raises
    ------
    problems.Conflict
        Code `visible_before`; every place.
    """
    if not late or late_reason:
        return
    message = "该内容上次提交时已有且未变动，当时未提出；应一次性告知"
    raise problems.Conflict(
        f"{len(late)} 处意见针对上次审核时已有的内容，应一次性告知；确需补充的，请在 late_reason 中说明原因。",
        code="visible_before",
        errors=[problems.FieldError(f"/element_opinions/{place}", "visible_before", message) for place in late],
    )
