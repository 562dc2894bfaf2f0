"""V05: what is promised lies within what the law allows."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import BLOCK, ERROR, WARN, Entry, Finding, Validator
from services.catalog.quality.shapes import as_limit
from shared.calendar.limits import Comparison, LimitError, TimeLimit, compare
from shared.calendar.working_days import CalendarNotAnnounced, Unit


def promised_limit(entry: Entry) -> Iterator[Finding]:
    """V05: the promise must not be longer than the law allows, whatever units the two are in."""
    elements = entry.elements
    promised = as_limit(elements["promised_limit"])
    if elements.get("handling_kind") == "immediate" and not _a_day_at_most(promised):
        message = f"即办件的承诺办结时限应为0或1日，实际为{promised}"
        yield Finding("V05", BLOCK, "promised_limit", "immediate_limit", message, "/promised_limit/amount")
    if not elements.get("statutory_limit"):
        return
    statutory = as_limit(elements["statutory_limit"])
    match _compared(promised, statutory):
        case Comparison.CERTAINLY_LONGER:
            message = f"承诺办结时限{promised}长于法定办结时限{statutory}，请缩短承诺时限"
            yield Finding("V05", BLOCK, "promised_limit", "promise_too_long", message, "/promised_limit")
        case Comparison.DEPENDS:
            message = f"承诺办结时限{promised}遇节假日可能长于法定办结时限{statutory}，请核对单位"
            yield Finding("V05", WARN, "promised_limit", "promise_may_be_too_long", message, "/promised_limit")


def _a_day_at_most(limit: TimeLimit) -> bool:
    return limit.amount == 0 or (limit.amount == 1 and limit.unit is not Unit.CALENDAR_MONTH)


def _compared(promised: TimeLimit, statutory: TimeLimit) -> Comparison | None:
    try:
        return compare(promised, statutory)
    except (CalendarNotAnnounced, LimitError):
        return None


def extension(entry: Entry) -> Iterator[Finding]:
    """V05: a limit is extended only where something allows it (TH-28: 不得擅自延长)."""
    if entry.elements["extension_limit"] and not entry.text("extension_basis"):
        message = "写有最长延长期限而没有延长依据：不得擅自延长办理时限，请补充依据或取消延长"
        yield Finding("V05", ERROR, "extension_limit", "extension_without_basis", message, "/extension_limit")


VALIDATORS = (
    Validator(rule="V05", check=promised_limit, elements=frozenset({"promised_limit"})),
    Validator(rule="V05", check=extension, elements=frozenset({"extension_limit"})),
)
