"""When surveys are due, what a result has to say, and what scores come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import day_of, end_of
from shared import problems

KIND = "survey"
# TH-40 asks for two a year; a region may ask more often.
FEWEST, MOST = 2, 12
METHOD_TITLES = {
    "third_party": "第三方评估",
    "questionnaire": "问卷调查",
    "mystery_handling": "模拟办事",
    "opinions": "听取意见",
}
RESPONDENT_TITLES = {"enterprise": "企业", "public": "群众", "expert": "专家"}
STANDING_TITLES = {"open": "待开展", "done": "已完成", "late": "逾期完成", "missing": "逾期未完成"}
# A leap day comes once in four years: a survey due on it would be due on no day in the others.
_ANY_YEAR = 2001


@dataclass(frozen=True, kw_only=True)
class DueSurvey:
    """A survey that a schedule asks for."""

    year: int
    round: int
    due_on: date


def check_days(days: Sequence[str]) -> None:
    """Refuse days of a schedule that are none, or out of order.

    Raises
    ------
    problems.Invalid
        Pointers `/due_days/<n>`.
    """
    errors, earlier = [], date.min
    for index, each in enumerate(days):
        try:
            day = _day(each, _ANY_YEAR)
        except ValueError:
            errors.append(problems.FieldError(f"/due_days/{index}", "no_day", "没有这一天（格式 MM-DD，不含2月29日）"))
            continue
        if day <= earlier:
            errors.append(problems.FieldError(f"/due_days/{index}", "days_disordered", "各次日期须逐次推后"))
        earlier = day
    if errors:
        raise problems.Invalid("调查日期有误。", code="due_days_invalid", errors=errors)


def due_surveys(days: Sequence[str], since: date, begun_year: int, today: date) -> list[DueSurvey]:
    """What a schedule asks for from the year after `begun_year` to this one; not what was due before it was set."""
    found = [
        DueSurvey(year=year, round=number, due_on=_day(each, year))
        for year in range(begun_year + 1, today.year + 1)
        for number, each in enumerate(days, start=1)
    ]
    return [each for each in found if each.due_on >= since]


def _day(given: str, year: int) -> date:
    month, day = given.split("-")
    return date(year, int(month), int(day))


def title_of(year: int, number: int) -> str:
    """What a survey of the schedule is called."""
    return f"{year}年第{number}次社会满意度调查"


def task(survey: Mapping[str, Any]) -> dict[str, Any]:
    """The task of a survey: it has its id, and lies with the region's reviewer."""
    return {
        "id": survey["id"], "kind": KIND, "region_code": survey["region_code"], "organ_id": None, "role": "reviewer",
        "title": f"开展{survey['title']}", "subject": f"{KIND}/{survey['id']}", "list_id": None, "adjustment_id": None,
        "due_at": survey["due_at"], "extension_most": 0,
    }  # fmt: skip


def due_at(due_on: date) -> datetime:
    """The last second of the day."""
    return end_of(due_on)


def standing(due: datetime, recorded_at: datetime | None, now: datetime) -> str:
    """Where a survey stands: open, done, late, or missing once its day is over."""
    if recorded_at is not None:
        return "late" if recorded_at > due else "done"
    return "missing" if now > due else "open"


def check_fieldwork(first_day: date, last_day: date, now: datetime) -> None:
    """People were asked before the result is told.

    Raises
    ------
    problems.Invalid
    """
    errors = []
    if last_day < first_day:
        errors.append(problems.FieldError("/last_day", "period_reversed", "截止日期不能早于开始日期"))
    if last_day > day_of(now):
        errors.append(problems.FieldError("/last_day", "date_in_future", "调查尚未结束"))
    if errors:
        raise problems.Invalid("调查时间有误。", errors=errors)


def check_samples(whole: int, parts: Iterable[int]) -> None:
    """Nobody asked more people about one organ than were asked in all.

    Raises
    ------
    problems.Invalid
        Pointers `/scores/<n>/sample_size`.
    """
    errors = [
        problems.FieldError(f"/scores/{index}/sample_size", "sample_too_large", f"样本量不能大于总样本量 {whole}")
        for index, part in enumerate(parts)
        if part > whole
    ]
    if errors:
        raise problems.Invalid("样本量有误。", errors=errors)


def require_open(recorded_at: datetime | None) -> None:
    """A result is recorded once.

    Raises
    ------
    problems.IllegalTransition
    """
    if recorded_at is not None:
        raise problems.IllegalTransition("该调查结果已登记，不能更改。", allowed=[])


def mean(scores: Iterable[tuple[int, Decimal]]) -> float | None:
    """Scores weighted by their samples, with two decimals; None of nothing."""
    known = list(scores)
    samples = sum(sample for sample, _ in known)
    if not samples:
        return None
    whole = sum(sample * score for sample, score in known)
    return float((Decimal(whole) / samples).quantize(Decimal("0.01"), ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True)
class OrganScore:
    """What surveys of a year say of one organ (TH-41)."""

    organ_id: UUID
    organ_name: str
    surveys: int
    sample_size: int
    score: float | None


def scores_of(rows: Iterable[Mapping[str, Any]]) -> list[OrganScore]:
    """Scores by organ, the highest first; what is said of one of its lists or entries counts for the organ too."""
    groups: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["organ_id"], []).append(row)
    found = [
        OrganScore(
            organ_id=organ, organ_name=str(said[0]["organ_name"]), surveys=len({row["survey_id"] for row in said}),
            sample_size=sum(row["sample_size"] for row in said),
            score=mean((row["sample_size"], row["score"]) for row in said),
        )
        for organ, said in groups.items()
    ]  # fmt: skip
    return sorted(found, key=lambda each: (-(each.score or 0), each.organ_name, str(each.organ_id)))
