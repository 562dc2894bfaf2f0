"""What kinds of document there are, what may become of one, and what its dates mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.catalog.kinds.subtables import DOCUMENT_KINDS
from shared import problems

# HB-09: duties may also rest on documents of the province; judicial interpretations are cited, and set nothing.
KINDS: Mapping[str, str] = {
    **DOCUMENT_KINDS,
    "provincial_document": "省委、省政府文件",
    "judicial_interpretation": "司法解释",
}

STATUS_TITLES: Mapping[str, str] = {
    "in_force": "现行有效",
    "amended": "已修改",
    "suspended": "暂停施行",
    "void": "宣布失效",
    "repealed": "已废止",
}
# An act, the status it leads to, and from which it is possible. What was repealed is issued anew, never revived.
ACTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "amended": ("amended", frozenset({"in_force", "amended"})),
    "suspended": ("suspended", frozenset({"in_force", "amended"})),
    "reinstated": ("in_force", frozenset({"suspended"})),
    "voided": ("void", frozenset({"in_force", "amended", "suspended"})),
    "repealed": ("repealed", frozenset({"in_force", "amended", "suspended"})),
}
# What a document says of another when it does this to it.
SAYING: Mapping[str, str] = {"amended": "amends", "suspended": "suspends", "voided": "voids", "repealed": "repeals"}
# What became of a document or article that an entry rests on (K23).
CONDITION_TITLES: Mapping[str, str] = {
    "repealed": "已废止",
    "void": "已宣布失效",
    "suspended": "已暂停施行",
    "expired": "有效期已届满",
    "not_yet": "尚未施行",
    "amended": "已修改",
    "article_amended": "条款已修改",
    "article_repealed": "条款已删除",
}
RELATIONS: Mapping[str, str] = {
    "based_on": "依据",
    "amends": "修改",
    "suspends": "暂停",
    "voids": "宣布失效",
    "repeals": "废止",
}

# Linking of lists is to be finished within fifteen days of the notice (冀政办发〔2020〕7号); the same for a law.
DUE_DAYS = 15
# Lists of government services, which must rest on law (ZL-03); lists of duties and supervision may rest on less.
SERVICE_KINDS = ("permit", "power", "catalogue", "implementation")
# 行政许可法 art. 15: a permit set by a provincial rule is temporary; for more than a year it needs a local regulation.
TEMPORARY_PERMIT_YEARS = 1
# Time to propose the local regulation, or to let the permit end.
TEMPORARY_PERMIT_NOTICE_DAYS = 60

_DATE = re.compile(r"^\s*([0-9]{4})\s*(?:[-/.年]\s*([0-9]{1,2})\s*(?:[-/.月]\s*([0-9]{1,2})\s*日?|月\s*日?)?|年)?\s*$")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which the day, or day and month, may be unknown; `first` is the first day it can be."""

    first: date
    precision: str


def read_date(text: str) -> PartialDate | None:
    """A date as documents give it: 2014-12-02, 2017年6月 日 (QX-01), 2017; None when it is none."""
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    precision = "day" if day else "month" if month else "year"
    try:
        return PartialDate(date(year or 0, month or 1, day or 1), precision)
    except ValueError:
        return None


def shown_date(first: date | None, precision: str) -> str | None:
    """The date with what is known of it: 2014-12-02, 2017-06 or 2017."""
    return None if first is None else first.isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def check_act(act: str, status: str) -> str:
    """The status an act leads to.

    Raises
    ------
    problems.IllegalTransition
        The document is not in a status that allows it; `allowed` names the acts that are possible.
    """
    target, possible = ACTS[act]
    if status not in possible:
        allowed = sorted(name for name, (_, before) in ACTS.items() if status in before)
        raise problems.IllegalTransition(
            f"该文件当前为“{STATUS_TITLES[status]}”，不能办理此项操作。", allowed=allowed, code="document_status"
        )
    return target


def one_year_after(day: date) -> date:
    """The day a temporary permit ends: the same day of the next year; of 29 February, 28 February."""
    try:
        return day.replace(year=day.year + TEMPORARY_PERMIT_YEARS)
    except ValueError:
        return day.replace(year=day.year + TEMPORARY_PERMIT_YEARS, day=28)
