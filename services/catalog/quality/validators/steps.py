"""V06 and V12: the steps of handling keep within the promise, and each of them rests on something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.catalog.quality.entry import BLOCK, ERROR, WARN, Entry, Finding, Validator
from services.catalog.quality.shapes import as_limit
from shared.calendar.limits import Comparison, LimitError, TimeLimit, compare
from shared.calendar.working_days import CalendarNotAnnounced, Unit

Row = Mapping[str, Any]


def step_limits(entry: Entry) -> Iterator[Finding]:
    """V06: the limits of the steps, special ones apart, together are not longer than the promise (ZL-27)."""
    elements = entry.elements
    limits = [limit for row in entry.rows("process_steps") if not _special(row) and (limit := _limit(row))]
    if elements.get("handling_kind") == "immediate" and sum(limit.amount > 0 for limit in limits) > 1:
        message = "即办件当场办结，不应有多个带时限的环节，请核对办件类型或办理流程"
        yield Finding("V05", BLOCK, "process_steps", "immediate_steps", message, "/process_steps")
    total = _total(limits)
    if total is None or not elements.get("promised_limit"):
        return
    promised = as_limit(elements["promised_limit"])
    match _compared(total, promised):
        case Comparison.CERTAINLY_LONGER:
            message = f"各环节时限合计{total}，长于承诺办结时限{promised}，请缩短环节时限或调整承诺"
            yield Finding("V06", BLOCK, "process_steps", "steps_too_long", message, "/process_steps")
        case Comparison.DEPENDS:
            message = f"各环节时限合计{total}，遇节假日可能长于承诺办结时限{promised}，请核对单位"
            yield Finding("V06", WARN, "process_steps", "steps_may_be_too_long", message, "/process_steps")


def _limit(row: Row) -> TimeLimit | None:
    """The limit of a step; None where it has none, or the kind does not say what its rows consist of."""
    try:
        return as_limit(row.get("limit"))
    except LimitError:
        return None


def _special(row: Row) -> bool:
    # Hearings, tests and expert reviews are not counted (行政许可法 art. 45).
    return row.get("special") is True


def _total(limits: Sequence[TimeLimit]) -> TimeLimit | None:
    """The sum; limits in days of both kinds are added as natural days, which they are at least. None: no sum."""
    units = {limit.unit for limit in limits}
    if not limits or not (len(units) == 1 or units <= {Unit.WORKING_DAY, Unit.NATURAL_DAY}):
        return None
    unit = units.pop() if len(units) == 1 else Unit.NATURAL_DAY
    try:
        return TimeLimit(sum(limit.amount for limit in limits), unit)
    except LimitError:
        return None  # beyond ten years: each step is looked at by itself


def _compared(total: TimeLimit, promised: TimeLimit) -> Comparison | None:
    try:
        return compare(total, promised)
    except (CalendarNotAnnounced, LimitError):
        return None


def basis_of_steps(entry: Entry) -> Iterator[Finding]:
    """V12: no private steps (不得私设环节): each step names what it rests on (TH-20)."""
    rows = entry.rows("process_steps") if entry.may_say("process_steps", "basis") else []
    without = [index for index, row in enumerate(rows) if not row.get("basis")]
    if without:
        names = "、".join(str(rows[index].get("name"))[:40] for index in without[:5])
        message = f"办理环节{names}没有依据，请补充依据或取消该环节"
        place = f"/process_steps/{without[0]}/basis"
        yield Finding("V12", ERROR, "process_steps", "step_without_basis", message, place)


def preliminary_review(entry: Entry) -> Iterator[Finding]:
    """V12: a preliminary review by a lower level only where the law says so (TH-20)."""
    elements = entry.elements
    reviewed = elements.get("preliminary_review") is True or elements.get("handling_duty") == "preliminary"
    if reviewed and not entry.text("preliminary_review_basis"):
        element = "preliminary_review" if elements.get("preliminary_review") is True else "handling_duty"
        message = "设有初审环节而没有依据：法律法规没有规定的，不得要求初审，请补充初审依据或取消初审"
        yield Finding("V12", ERROR, element, "preliminary_review_without_basis", message, f"/{element}")


VALIDATORS = (
    Validator(rule="V06", check=step_limits, elements=frozenset({"process_steps"})),
    Validator(rule="V12", check=basis_of_steps, elements=frozenset({"process_steps"})),
    Validator(rule="V12", check=preliminary_review, elements=frozenset({"preliminary_review", "handling_duty"})),
)
