"""Which filing a receipt belongs to, and what a receipt must say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.workflow.procedures.rules import ReviewStep
from shared import problems


def step_to_file(steps: Sequence[ReviewStep], recipient: str | None) -> ReviewStep:
    """The filing that is reported: the one to the recipient, or the only one there is.

    Raises
    ------
    problems.IllegalTransition
        The procedure knows no filing, or it is not published yet.
    problems.Invalid
        No such recipient, or several and none named; pointer `/recipient`.
    """
    filings = [step for step in steps if step.act == "file" and step.state != "void"]
    if not filings:
        raise problems.IllegalTransition("该动态调整适用的审核程序没有报备环节。", allowed=[])
    named = [step for step in filings if recipient in (None, step.recipient)]
    if len(named) != 1:
        known = "、".join(step.recipient or "" for step in filings)
        place = problems.FieldError("/recipient", "unknown_recipient", f"请写明报备接收单位，可为：{known}")
        raise problems.Invalid("报备接收单位有误。", errors=[place])
    if named[0].state == "waiting":
        opened = [step for step in steps if step.state == "open"]
        waiting_for = "、".join(dict.fromkeys(step.title for step in opened)) or "审定并生效"
        raise problems.IllegalTransition(
            f"须在公布之后报备，现在的环节是“{waiting_for}”。", allowed=list(dict.fromkeys(step.act for step in opened))
        )
    return named[0]


def check_date(filed_on: date, decided_on: date, today: date) -> None:
    """A receipt is given after the decision, and not tomorrow.

    Raises
    ------
    problems.Invalid
        Pointer `/date`.
    """
    if filed_on > today:
        code, message = "date_in_future", "报备日期不能晚于今天"
    elif filed_on < decided_on:
        code, message = "date_before_decision", f"报备日期不能早于审定日期（{decided_on}）"
    else:
        return
    raise problems.Invalid("报备日期有误。", errors=[problems.FieldError("/date", code, message)])
