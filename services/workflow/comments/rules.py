"""How long the public has, when a period may be concluded, and which comments may be answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.workflow.procedures.rules import ReviewStep
from shared import clock, problems

# A comment that was accepted in the last instant is committed by then: no request lives longer than a minute.
SETTLING = timedelta(minutes=1)
ONE_DAY = timedelta(days=1)


def closes_at(opened_on: date, days: int) -> datetime:
    """The end of the last day; the day of opening is not counted (民法典 art. 201)."""
    return datetime.combine(opened_on + (days + 1) * ONE_DAY, time.min, tzinfo=clock.ZONE)


def check_days(days: int, step: ReviewStep) -> None:
    """The public has at least the days the procedure gives it.

    Raises
    ------
    problems.Invalid
        Pointer `/days`.
    """
    least = step.least_days or 1
    if days < least:
        place = problems.FieldError("/days", "period_too_short", f"公开征求意见的期限不得少于 {least} 日")
        raise problems.Invalid("征求意见期限过短。", errors=[place])


def check_concluded(closing: datetime, now: datetime, waiting: int) -> None:
    """A summary says what became of all comments: the period is over, and each has its answer (ZL-49).

    Raises
    ------
    problems.Conflict
        Codes `period_open`, `comments_waiting`.
    """
    if now < closing + SETTLING:
        until = closing.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M")
        raise problems.Conflict(f"征求意见期限至 {until} 截止，截止后才能总结。", code="period_open")
    if waiting:
        raise problems.Conflict(
            f"还有 {waiting} 条意见没有答复；每条意见都须说明是否采纳及理由。",
            code="comments_waiting",
            extra={"waiting": waiting},
        )


def check_answers(ids: Sequence[UUID], answered: Mapping[UUID, bool]) -> None:
    """Answers go to comments of the period, once: people may have read them.

    Parameters
    ----------
    answered : the comments of the period among `ids`, and whether they have an answer.

    Raises
    ------
    problems.Invalid
        Pointers `/answers/<n>/comment_id`: unknown, or named twice.
    problems.Conflict
        Code `already_answered`; the same pointers.
    """
    unknown = [
        problems.FieldError(f"/answers/{place}/comment_id", "unknown_comment", "本次征求意见中没有这条意见，或重复列出")
        for place, id_ in enumerate(ids)
        if id_ not in answered or id_ in ids[:place]
    ]
    if unknown:
        raise problems.Invalid("所答复的意见有误。", errors=unknown)
    again = [
        problems.FieldError(f"/answers/{place}/comment_id", "already_answered", "该意见已答复，不能更改")
        for place, id_ in enumerate(ids)
        if answered[id_]
    ]
    if again:
        raise problems.Conflict("部分意见已答复，不能再次答复。", code="already_answered", errors=again)
