"""Which instant a date stands for, and what may be told of a decision. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared import problems

_WRITTEN_OUT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ZONE = ZoneInfo("Asia/Shanghai")
# The parts of a decision that are published; who typed it in is nobody's business.
PUBLIC_DECISION = ("meeting", "date", "number")
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


def public_decision(decision: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Meeting, date and number of a decision."""
    return {name: decision.get(name) for name in PUBLIC_DECISION} if decision else None
