"""Who is named in a notice and with what evidence, what may be done with it, and what it says in writing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from services.workflow.clocks.rules import day_of
from services.workflow.standings import rules as standings
from services.workflow.standings.rules import Fact, Standing
from shared import problems
from shared.annex.letter import Letter

KIND = "notice"
COMMENDATION, CRITICISM = "commendation", "criticism"
KIND_TITLES = {COMMENDATION: "表扬通报", CRITICISM: "通报批评"}
DRAFT, APPROVED, DISCARDED = "draft", "approved", "discarded"
STATE_TITLES = {DRAFT: "草稿", APPROVED: "已签发", DISCARDED: "已作废"}
ALLOWED = {DRAFT: ("update", "approve", "discard"), APPROVED: (), DISCARDED: ()}
# A notice that names everybody praises or blames nobody; what is behind a name is named as far as people read it.
MOST_NAMES = 200
MOST_EVIDENCE = 20
# What has to be the same when a notice is approved as when it was drafted; events may have been added since.
_FIGURES = ("unit", "counted", "in_time", "late", "unmet", "days_late", "reasons", "level")
_HEAD = {
    COMMENDATION: (("名次", 1.0), ("单位", 3.0), ("按时完成", 2.0), ("依据", 6.0)),
    CRITICISM: (("序号", 1.0), ("单位", 3.0), ("原因", 2.0), ("依据", 6.0)),
}


def chosen(found: Sequence[Standing], kind: str, *, best: int, reasons: Collection[str]) -> list[Standing]:
    """The units a notice names.

    A commendation names those of the first `best` ranks that met everything in time, equal ones together. A criticism
    names those with one of the `reasons`, the most serious level first and within it the last in the order.

    Raises
    ------
    problems.Conflict
        Nobody is to be named, or too many.
    """
    if kind == COMMENDATION:
        named = [each for each in found if each.in_time == each.counted and each.rank <= best]
    else:
        named = [each for each in found if any(reason in reasons for reason in each.reasons)]
        named.sort(key=lambda each: (-standings.LEVELS.index(each.level), -each.rank, each.unit.name))
    if not named:
        raise problems.Conflict("按统计结果没有应予通报的单位，请调整时段或条件。", code="nobody_named")
    if len(named) > MOST_NAMES:
        raise problems.Conflict(
            f"应予通报的单位有{len(named)}个，超过{MOST_NAMES}个；请缩短时段或缩小范围。", code="too_many_named"
        )
    return named


def evidence_of(each: Standing, kind: str, reasons: Collection[str], at: datetime) -> list[Fact]:
    """What is behind a name: of a criticism what counts against the unit, of a commendation what it has done."""
    if kind == COMMENDATION:
        return list(each.facts)
    return [fact for fact in each.facts if standings.reason(fact, at) in reasons]


def changed(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """Units of which something else is known than when the notice was drafted, by name.

    Where somebody stands among the others is said of those who are commended only.
    """
    figures = (*_FIGURES, "rank") if kind == COMMENDATION else _FIGURES
    old = {each["unit"]: (each["name"], _compared(each, figures)) for each in before}
    new = {each["unit"]: (each["name"], _compared(each, figures)) for each in after}
    differing = [unit for unit in {**old, **new} if old.get(unit, ("", None))[1] != new.get(unit, ("", None))[1]]
    return [str((old.get(unit) or new[unit])[0]) for unit in differing]


def _compared(name: Mapping[str, Any], figures: Sequence[str]) -> Any:
    evidence = [(str(each["id"]), each["outcome"], each["days_late"]) for each in name["evidence"]]
    return [name[figure] for figure in figures], name["evidence_total"], evidence


def check_last_day(last_day: date, today: date) -> None:
    """A notice says that everything due in its period was done, or was not: nobody knows that before it is over.

    Raises
    ------
    problems.Invalid
        Pointer `/last_day`.
    """
    if last_day > today:
        place = problems.FieldError("/last_day", "date_in_future", "通报时段尚未结束，截止日期不能晚于今天")
        raise problems.Invalid("通报时段有误。", code="period_invalid", errors=[place])


def require_draft(state: str) -> None:
    """Refuse to change what was approved or discarded.

    Raises
    ------
    problems.IllegalTransition
    """
    if state != DRAFT:
        raise problems.IllegalTransition(f"该通报{STATE_TITLES[state]}，不能更改。", allowed=ALLOWED[state])


def require_other_person(drafted_by: str, omitted: Sequence[Mapping[str, Any]], approver: str) -> None:
    """Whoever drafted a notice, or left a unit out of it, does not approve it.

    Raises
    ------
    problems.Forbidden
    """
    if approver in (drafted_by, *(each["by"] for each in omitted)):
        raise problems.Forbidden("通报须由起草人、决定不予通报单位的人员以外的人员签发。", code="own_draft")


def check_omitted(names: Sequence[Mapping[str, Any]], units: Sequence[str]) -> None:
    """Only a unit that is named can be left out, and somebody has to remain.

    Raises
    ------
    problems.Invalid
        Pointers `/omitted/<n>/unit`.
    """
    known = {each["unit"] for each in names}
    errors = [
        problems.FieldError(f"/omitted/{index}/unit", "unit_not_named", "该单位不在通报名单中")
        for index, unit in enumerate(units)
        if unit not in known
    ]
    if len(set(units)) != len(units):
        errors.append(problems.FieldError("/omitted", "given_twice", "同一单位只能列一次"))
    if known <= set(units):
        errors.append(problems.FieldError("/omitted", "nobody_named", "名单中至少保留一个单位"))
    if errors:
        raise problems.Invalid("不予通报的单位有误。", code="omitted_invalid", errors=errors)


def title_of(kind: str, campaign: str, first_day: date, last_day: date) -> str:
    """What a notice is called unless somebody gives it another name."""
    whose = "工作突出单位予以表扬的通报" if kind == COMMENDATION else "工作推进不力单位的通报批评"
    return f"关于对“{campaign}”{whose}（{_day(first_day)}至{_day(last_day)}）"[:200]


def preamble_of(kind: str, campaign: str, first_day: date, last_day: date, grouping: str) -> str:
    """What a notice says before it names units."""
    begun = (
        f"根据“{campaign}”的工作安排，现将{_day(first_day)}至{_day(last_day)}各{standings.GROUPING_TITLES[grouping]}"
        "任务完成情况通报如下。"
    )
    ending = (
        "下列单位期内到期事项全部按时完成，予以表扬。"
        if kind == COMMENDATION
        else "下列单位存在所列问题，予以通报批评。"
    )
    return begun + ending


def content_of(notice: Mapping[str, Any]) -> dict[str, Any]:
    """What a notice says, without what was left out: this is what its hash is of."""
    left_out = {each["unit"] for each in notice["omitted"]}
    plain = ("id", "campaign_id", "campaign", "region_code", "region_name", "kind", "grouping", "first_day", "last_day",
             "counted_at", "title", "preamble", "number", "issued_on")  # fmt: skip
    return {name: notice[name] for name in plain} | {
        "order": list(standings.ORDER),
        "names": [each for each in notice["names"] if each["unit"] not in left_out],
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The content as JSON that is the same for the same content: keys sorted, no blanks, instants in UTC."""
    return orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def letter_of(content: Mapping[str, Any]) -> Letter:
    """The notice in writing; a draft says that it is one."""
    kind = str(content["kind"])
    rows = [
        [str(each["rank"] if kind == COMMENDATION else place), str(each["name"]), _what(each, kind), _evidence(each)]
        for place, each in enumerate(content["names"], start=1)
    ]
    issued = content["issued_on"]
    return Letter(
        title=content["title"],
        number=content["number"] or "（草稿，未签发）",
        paragraphs=[content["preamble"]],
        head=_HEAD[kind],
        rows=rows,
        closing=[
            "排名规则：" + "；".join(content["order"]) + "。",
            f"统计截至{_day(content['counted_at'])}，依据为系统记录。",
        ],
        signature=[content["region_name"], _day(issued) if issued else "（签发日期）"],
    )


def _what(each: Mapping[str, Any], kind: str) -> str:
    if kind == COMMENDATION:
        return f"{each['in_time']}项全部按时完成"
    return f"{'、'.join(each['reason_titles'])}\n{each['level_title']}"


def _evidence(each: Mapping[str, Any]) -> str:
    lines = [f"{one['title']}：应于{_day(one['due_at'])}前完成，{_became(one)}" for one in each["evidence"]]
    more = each["evidence_total"] - len(lines)
    return "\n".join([*lines, *([f"另有{more}项"] if more > 0 else [])])


def _became(one: Mapping[str, Any]) -> str:
    if one["met_at"] is None:
        # Counted at the end of the very day it was due.
        return f"未完成，已逾期{one['days_late']}天" if one["days_late"] else "到期未完成"
    late = f"，逾期{one['days_late']}天" if one["days_late"] else ""
    return f"于{_day(one['met_at'])}完成{late}"


def _day(given: Any) -> str:
    day = day_of(given) if isinstance(given, datetime) else given
    return f"{day.year}年{day.month}月{day.day}日"
