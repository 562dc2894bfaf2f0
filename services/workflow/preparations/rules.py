"""What the record of a preparing step must say, and whether the adjustment goes on after it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.workflow.procedures.rules import ReviewStep
from shared import problems

# With these the adjustment goes on; with all others it goes back to those who compile it.
PASSING = frozenset({"confirmed", "feasible", "held", "omitted", "agreed", "reported"})


def goes_on(outcome: str) -> bool:
    """Whether a step that ended so is passed."""
    return outcome in PASSING


def check_date(held_on: date, opened_on: date | None, today: date, place: str) -> None:
    """A meeting or report is recorded after it took place, and took place after its step had opened.

    Raises
    ------
    problems.Invalid
        Pointer `place`.
    """
    if held_on > today:
        error = problems.FieldError(place, "date_in_future", "日期不能晚于今天")
    elif opened_on is not None and held_on < opened_on:
        error = problems.FieldError(place, "date_before_step", f"日期不能早于本环节开始之日（{opened_on}）")
    else:
        return
    raise problems.Invalid("记录的日期有误。", errors=[error])


def check_omission(step: ReviewStep) -> None:
    """Only what the procedure calls optional may be left out.

    Raises
    ------
    problems.Conflict
        Code `step_not_optional`.
    """
    if not step.optional:
        raise problems.Conflict(f"环节“{step.title}”为必经环节，不能省略。", code="step_not_optional")


def check_agreement(outcome: str, agreed: Sequence[bool]) -> None:
    """A consultation has come to agreement when everybody agrees (TH-55).

    Raises
    ------
    problems.Invalid
        Pointer `/outcome`.
    """
    if outcome == "agreed" and not all(agreed):
        message = "尚有参加单位不同意，不能记为会商一致；请继续会商，或以“未达成一致”退回"
        raise problems.Invalid(
            "会商结论与各单位意见不符。", errors=[problems.FieldError("/outcome", "not_agreed", message)]
        )
    if outcome == "not_agreed" and all(agreed):
        message = "各参加单位均已同意，不能记为未达成一致"
        raise problems.Invalid(
            "会商结论与各单位意见不符。", errors=[problems.FieldError("/outcome", "all_agreed", message)]
        )


def check_receipt_date(sent_on: date, received_on: date, today: date) -> None:
    """A report is received when it has been sent, and not tomorrow.

    Raises
    ------
    problems.Invalid
        Pointer `/receipt_date`.
    """
    if sent_on <= received_on <= today:
        return
    message = "回执日期不能早于报送日期，也不能晚于今天"
    raise problems.Invalid(
        "回执日期有误。", errors=[problems.FieldError("/receipt_date", "date_out_of_range", message)]
    )
