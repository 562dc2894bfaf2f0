"""When somebody may stand in for somebody. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Protocol

from shared import problems

# A longer absence is a change of office: then the role itself is given to somebody.
LONGEST = timedelta(days=366)


class Pair(Protocol):
    """What is known of the two accounts, by name: `known`, `active`, `shared` (a role both hold at one place)."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def check_days(valid_from: date, valid_to: date, today: date) -> None:
    """Refuse days that make no sense.

    Raises
    ------
    problems.Invalid
    """
    wrong = None
    if valid_to < valid_from:
        wrong = ("/valid_to", "last_day_before_first", "最后一日不能早于第一日")
    elif valid_to < today:
        wrong = ("/valid_to", "in_the_past", "最后一日已过")
    elif valid_to - valid_from > LONGEST:
        wrong = ("/valid_to", "too_long", "代办最长一年；时间更长的，请办理岗位变更")
    if wrong:
        place = problems.FieldError(*wrong)
        raise problems.Invalid("代办起止日期有误，请修改。", code=wrong[1], errors=[place])


def check_pair(pair: Pair) -> None:
    """Refuse a substitute who could do nothing: standing in gives nobody a role he does not hold.

    Raises
    ------
    problems.Invalid
    """
    wrong = None
    if not pair["known"]:
        wrong = ("account_not_found", "没有这个账号")
    elif not pair["active"]:
        wrong = ("account_inactive", "该账号已停用")
    elif not pair["shared"]:
        wrong = ("cannot_act", "该账号与被代办人没有相同区划、单位的相同角色，代办不授予角色")
    if wrong:
        place = problems.FieldError("/substitute_id", *wrong)
        raise problems.Invalid("该账号不能代办，请另选人员。", code=wrong[0], errors=[place])
