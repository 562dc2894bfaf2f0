"""V25 and V26: applicants are told at once what is missing, in writing, and get a paper that says it was accepted."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import ERROR, WARN, Entry, Finding, Validator
from services.catalog.quality.shapes import as_limit
from shared.calendar.limits import Comparison, LimitError, TimeLimit, compare
from shared.calendar.working_days import CalendarNotAnnounced, Unit

# 行政许可法 art. 32: on the spot or within five days; art. 82: days are working days.
STATUTORY = TimeLimit(5, Unit.WORKING_DAY)
NEEDED = {"acceptance": "受理通知书", "correction": "一次性补正告知书"}


def correction_limit(entry: Entry) -> Iterator[Finding]:
    """V25: within the statutory days, and within the stricter ones of the place (TH-27)."""
    element = entry.profile.element("correction_limit")
    if element is None or element.type != "limit":
        return
    given = entry.elements.get("correction_limit")
    value = given or element.default
    if not value:
        message = f"没有写明{element.title}：应当当场或在{STATUTORY}内一次性告知，请填写"
        yield Finding("V25", ERROR, "correction_limit", "correction_limit_missing", message, "/correction_limit")
        return
    limit = as_limit(value)
    allowed, whose = (as_limit(element.default), "本地规定") if element.default else (STATUTORY, "法定")
    if _longer(allowed, STATUTORY):
        allowed, whose = STATUTORY, "法定"
    if _longer(limit, allowed):
        message = f"{element.title}为{limit}，长于{whose}的{allowed}，请缩短"
        yield Finding("V25", ERROR, "correction_limit", "correction_limit_too_long", message, "/correction_limit")


def _longer(limit: TimeLimit, allowed: TimeLimit) -> bool:
    try:
        return compare(limit, allowed) is Comparison.CERTAINLY_LONGER
    except (CalendarNotAnnounced, LimitError):
        return False


def notice_templates(entry: Entry) -> Iterator[Finding]:
    """V26: the notices of acceptance and of correction are written (TH-26)."""
    if entry.profile.element("notice_templates") is None or entry.elements.get("on_application") is False:
        return
    given = {row.get("kind") for row in entry.rows("notice_templates")}
    absent = [title for kind, title in NEEDED.items() if kind not in given]
    if absent:
        message = f"缺少文书样式：{'、'.join(absent)}，请补充"
        yield Finding("V26", WARN, "notice_templates", "notice_missing", message, "/notice_templates")


# What is missing must be noticed where nothing is said: every entry has a name.
VALIDATORS = (
    Validator(rule="V25", check=correction_limit, elements=frozenset({"name"})),
    Validator(rule="V26", check=notice_templates, elements=frozenset({"name"})),
)
