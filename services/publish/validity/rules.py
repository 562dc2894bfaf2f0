"""Which instant a date stands for, and what may be told of a decision. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared import problems

_WRITTEN_OUT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ZONE = ZoneInfo("Asia/Shanghai")
# The parts of a decision that are published; who typed it in is nobody's business.
PUBLIC_DECISION = ("meeting", "date", "number")
_ALSO_PUBLIC = ("authority", "link")
# Lists of powers do not reach further back, nor is anything decided further ahead.
FIRST, LAST = date(1949, 10, 1), date(2199, 12, 31)


def iso_date(value: object) -> object:
    """Refuse what is no date written out: a bare number would be read as seconds since 1970. Raises ValueError."""
    if isinstance(value, str) and _WRITTEN_OUT.fullmatch(value) is None:
        raise ValueError("应为日期（YYYY-MM-DD）")
    return value


def instant_of(on: date | None, now: datetime, *, place: str = "query/on") -> tuple[date, datetime]:
    """The day asked for (today when None) and the instant its answer holds for.

    Today means now; another day means its last instant, for what took effect in its course counts.

    Raises
    ------
    problems.Invalid
        A day outside 1949-10-01 to 2199-12-31.
    """
    today = now.astimezone(ZONE).date()
    day = on or today
    if not FIRST <= day <= LAST:
        message = f"日期应在 {FIRST} 至 {LAST} 之间"
        raise problems.Invalid(f"请求参数有误：{message}。", errors=[problems.FieldError(place, "date_range", message)])
    if day == today:
        return day, now
    return day, datetime.combine(day + timedelta(days=1), time(), tzinfo=ZONE) - timedelta(microseconds=1)


# What is said of a code on a day. Outside the list no permit may be implemented (国办发〔2022〕2号).
STATEMENTS: Mapping[str, str] = {
    "in_list": "该编码的事项在清单内，当日有效。",
    "suspended": "该编码的事项在清单内，当日暂停实施。",
    "cancelled": "该编码的事项当日已取消，不得继续实施。",
    "replaced": "该编码当日已由新的编码承接，请使用承接编码。",
    "not_yet": "该编码的事项当日尚未列入清单，列入前不得实施。",
    "not_in_list": "清单中没有该编码的事项；清单之外，一律不得违法实施行政许可。",
}


def standing_of(entries: Iterable[Standing], code: str) -> str:
    """What a code stands for on a day, one of `STATEMENTS`: the best of what its entries say (ZZ-04)."""
    found = {_standing(entry, code) for entry in entries} or {"not_in_list"}
    return next(name for name in STATEMENTS if name in found)


@dataclass(frozen=True)
class Standing:
    """An entry that carries or carried a code: its state and its code on the day, None before it was listed."""

    state: str | None
    code: str | None


def _standing(entry: Standing, code: str) -> str:
    if entry.state is None:
        return "not_yet"
    if entry.state == "cancelled":
        return "cancelled"
    if entry.code != code:
        return "replaced"
    return "in_list" if entry.state == "in_use" else "suspended"


def public_decision(decision: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Meeting, date and number of a decision; its authority and address where they were given."""
    if not decision:
        return None
    told = {name: decision.get(name) for name in PUBLIC_DECISION}
    return told | {name: decision[name] for name in _ALSO_PUBLIC if decision.get(name)}
