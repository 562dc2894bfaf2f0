"""What a part of a task may be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from services.workflow.clocks.rules import day_of, end_of
from services.workflow.tasks.rules import CLOSED_BY_PEOPLE
from shared import problems

MOST_PARTS = 100
# As long as any limit may be (clocks/rules.py); calendars do not go on for ever.
LONGEST = timedelta(days=3653)


class Columns(Protocol):
    """A task, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def check_parent(task: Columns, parts: int) -> None:
    """Parts have no parts of their own, and there are not too many of them.

    Raises
    ------
    problems.Conflict
    """
    if task["parent_id"] is not None:
        raise problems.Conflict("分解任务不能再分解，请在原任务下增加。", code="no_deeper")
    if parts >= MOST_PARTS:
        raise problems.Conflict(f"一项任务最多分解为 {MOST_PARTS} 项。", code="too_many_parts")


def due_at(due_on: date | None, parent_due_at: datetime | None, now: datetime) -> datetime | None:
    """When a part is due: the end of its day, and no later than the whole.

    Raises
    ------
    problems.Invalid
    """
    if due_on is None:
        return parent_due_at
    wrong = None
    if due_on < day_of(now):
        wrong = ("in_the_past", "日期已过")
    elif due_on > day_of(now) + LONGEST:
        wrong = ("too_far", "完成日期不能晚于十年以后")
    elif parent_due_at is not None and due_on > day_of(parent_due_at):
        wrong = ("later_than_parent", f"不能晚于原任务的到期日 {day_of(parent_due_at)}")
    if wrong:
        place = problems.FieldError("/due_on", *wrong)
        raise problems.Invalid("完成日期有误，请修改。", code=wrong[0], errors=[place])
    return end_of(due_on)


def check_joint(task: Columns, organ_ids: Sequence[UUID]) -> None:
    """Other organs help with what people close themselves; what is an act of one organ stays with it.

    Raises
    ------
    problems.IllegalTransition
    problems.Invalid
        The leading organ is named, or one twice.
    """
    if task["kind"] not in CLOSED_BY_PEOPLE:
        raise problems.IllegalTransition(
            "此类待办由承办单位自行办理，不能增加配合单位；可分解任务。", allowed=[], code="act_of_one_organ"
        )
    errors = [
        problems.FieldError(f"/organ_ids/{index}", "organ_twice", "牵头单位或已填写的单位不能重复填写")
        for index, organ_id in enumerate(organ_ids)
        if organ_id == task["organ_id"] or organ_id in organ_ids[:index]
    ]
    if errors:
        raise problems.Invalid("配合单位填写有误，请修改。", code="organ_twice", errors=errors)
