"""Which guidance can be recorded. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from services.workflow.clocks.rules import day_of
from shared import problems
from shared.problems import FieldError

METHODS = {"visit": "实地指导", "training": "培训", "meeting": "会议", "call": "电话指导", "document": "书面指导"}
# What is written down later than this is no record of what was done but a recollection.
OLDEST_DAYS = 366


def check(
    held_on: date, regions: Sequence[str], below: Collection[str], kinds: Sequence[str], known: Collection[str],
    now: datetime,
) -> None:  # fmt: skip
    """Refuse what was not held yet, or not for those below, or about no list.

    Parameters
    ----------
    below
        Those of the regions that lie below the organ's own.
    known
        Those of the kinds that there are.

    Raises
    ------
    problems.Invalid
        Each place with what is wrong with it.
    """
    errors = [*_day(held_on, now), *_regions(regions, below), *_kinds(kinds, known)]
    if errors:
        raise problems.Invalid("指导记录有误，请按提示修改。", code="guidance_invalid", errors=errors)


def _day(held_on: date, now: datetime) -> Iterable[FieldError]:
    today = day_of(now)
    if not 0 <= (today - held_on).days <= OLDEST_DAYS:
        yield FieldError("/held_on", "date_out_of_range", "指导日期应在最近一年之内，不能晚于今天")


def _regions(regions: Sequence[str], below: Collection[str]) -> Iterable[FieldError]:
    for index, code in enumerate(regions):
        if code not in below:
            yield FieldError(f"/region_codes/{index}", "not_below", f"区划 {code} 未登记，或不在指导单位所在区划之下")


def _kinds(kinds: Sequence[str], known: Collection[str]) -> Iterable[FieldError]:
    for index, kind in enumerate(kinds):
        if kind not in known:
            yield FieldError(f"/list_kinds/{index}", "kind_unknown", f"没有清单类型“{kind}”，请核对代码")
