"""What a chart shows: rows with a number for each series, made of counts that were read once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.workflow.standings.rules import percentage

# More bars nobody reads; how many were left out is said.
MOST_ROWS = 60


@dataclass(frozen=True, kw_only=True)
class Series:
    """One of the numbers of every row, with the colour of its bar."""

    key: str
    title: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class ChartRow:
    """A bar: what it is about, its numbers by series, and what is written behind it."""

    label: str
    values: tuple[float, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as it is told and drawn."""

    name: str
    title: str
    unit: str
    series: tuple[Series, ...]
    rows: tuple[ChartRow, ...]
    left_out: int = 0


# Colours that differ in brightness as well, and from white by 3:1 at least (WCAG 2.1, 1.4.11).
_GREEN, _AMBER, _RED, _BLUE, _GREY = "#1b7f4b", "#b26a00", "#b3261e", "#2f6db5", "#76777a"
PROGRESS = (
    Series(key="in_time", title="按时完成", colour=_GREEN),
    Series(key="late", title="逾期完成", colour=_AMBER),
    Series(key="overdue", title="逾期未完成", colour=_RED),
    Series(key="waiting", title="未到期", colour=_BLUE),
    Series(key="waived", title="已免除", colour=_GREY),
)
OVERDUE = (
    Series(key="overdue", title="逾期未完成", colour=_RED),
    Series(key="late", title="逾期完成", colour=_AMBER),
)
CLAIMS = (
    Series(key="claimed", title="已认领", colour=_GREEN),
    Series(key="not_applicable", title="不适用", colour=_GREY),
    Series(key="disputed", title="有争议", colour=_RED),
    Series(key="offered", title="待认领", colour=_BLUE),
)
STEPS = (
    Series(key="average", title="平均", colour=_BLUE),
    Series(key="median", title="中位", colour=_GREEN),
    Series(key="longest", title="最长", colour=_AMBER),
)


def progress(campaign: str, milestones: Iterable[Any]) -> Chart:
    """How far the milestones of a campaign are."""
    rows = [
        _row(f"{each.number}. {each.title}", PROGRESS, {
            "in_time": each.done - each.late, "late": each.late, "overdue": each.overdue,
            "waiting": each.open - each.overdue, "waived": each.waived,
        }, f"完成{each.done}/{each.total}")
        for each in milestones
    ]  # fmt: skip
    return _chart("progress", f"{campaign}：各节点进度", "项", PROGRESS, rows)


def overdue(campaign: str, units: Iterable[tuple[str, Any]]) -> Chart:
    """Who is late with how much, the worst first; whoever is not late is not shown."""
    late = sorted(
        (each for each in units if each[1].overdue or each[1].late),
        key=lambda each: (-each[1].overdue, -each[1].late, each[0]),
    )
    rows = [
        _row(name, OVERDUE, {"overdue": counts.overdue, "late": counts.late}, f"应完成{counts.total}项")
        for name, counts in late
    ]
    return _chart("overdue", f"{campaign}：逾期情况", "项", OVERDUE, rows)


def claims(region: str, counts: Iterable[Mapping[str, Any]]) -> Chart:
    """How many of the superiors' matters each region has answered for: claimed, or said not to apply."""
    rows = []
    for each in counts:
        answered = each["claimed"] + each["not_applicable"]
        note = f"认领率{percentage(answered, each['total'])}%（{answered}/{each['total']}）"
        rows.append(_row(each["region_name"], CLAIMS, each, note))
    return _chart("claims", f"{region}：上级事项认领率", "项", CLAIMS, rows)


def steps(region: str, durations: Iterable[Mapping[str, Any]]) -> Chart:
    """How long review steps took, from opening to opinion, in days of 24 hours with one decimal."""
    rows = [
        _row(each["title"], STEPS, each, f"{each['count']}次，逾期{each['late']}次")
        for each in durations
    ]  # fmt: skip
    return _chart("steps", f"{region}：各审核环节用时", "天", STEPS, rows)


def _row(label: str, series: Sequence[Series], values: Mapping[str, Any], note: str) -> ChartRow:
    return ChartRow(label=label, values=tuple(float(values[each.key]) for each in series), note=note)


def _chart(name: str, title: str, unit: str, series: tuple[Series, ...], rows: Sequence[ChartRow]) -> Chart:
    shown = tuple(rows[:MOST_ROWS])
    return Chart(name=name, title=title, unit=unit, series=series, rows=shown, left_out=len(rows) - len(shown))
