"""API models of surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import Line, Paragraph, RegionCode, Title
from services.workflow.obligations.papers.schemas import Digest
from services.workflow.surveys import rules
from shared.statement import Row

Method = Literal["third_party", "questionnaire", "mystery_handling", "opinions"]
Respondent = Literal["enterprise", "public", "expert"]
SurveyStanding = Literal["open", "done", "late", "missing"]
Year = Annotated[int, Field(ge=1990, le=2099)]
DueDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Points = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, description="Of 100")]
# A sample is people: more than live anywhere is a mistake.
Sample = Annotated[int, Field(ge=1, le=100_000_000)]

_SCHEDULE: dict[str, Any] = {
    "due_days": ["06-30", "12-31"], "method": "questionnaire", "source": "通化市行政审批目录化管理工作方案四(二)",
}  # fmt: skip
_SCORE: dict[str, Any] = {
    "organ_id": "0197f3a0-0000-7000-8000-000000000003", "list_id": None, "item_id": None, "sample_size": 120,
    "score": 91.5, "opinion": "窗口一次告知较好",
}  # fmt: skip
_RESULT: dict[str, Any] = {
    "method": "third_party", "first_day": "2017-06-01", "last_day": "2017-06-20", "conducted_by": "某调查机构",
    "respondents": ["enterprise", "public"], "sample_size": 600, "score": 88.25, "summary": "总体满意，材料偏多。",
    "file": {"title": "调查报告", "reference": "档案号 2017-118", "sha256": "0" * 64}, "scores": [_SCORE],
}  # fmt: skip
_LINE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000061", "region_code": "130922000000", "region_name": "青县", "year": 2017,
    "round": 2, "title": "2017年第2次社会满意度调查", "method": "questionnaire", "method_title": "问卷调查",
    "due_at": "2017-12-31T23:59:59+08:00", "standing": "missing", "standing_title": "逾期未完成", "first_day": None,
    "last_day": None, "conducted_by": None, "respondents": [], "sample_size": None, "score": None, "summary": None,
    "file": None, "recorded_by": None, "recorded_at": None,
}  # fmt: skip


class NewSchedule(BaseModel):
    """When a region asks those it serves."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _SCHEDULE})

    due_days: list[DueDay] = Field(
        min_length=rules.FEWEST, max_length=rules.MOST, description="Month and day of each survey, in order"
    )
    method: Method = Field(description="How unless the result says otherwise")
    source: Line = Field(description="The document that asks for it")


class ScheduleView(NewSchedule):
    """A schedule as it is stored."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"example": _SCHEDULE | {"region_code": "130922000000", "since": "2017-01-10"}},
    )

    region_code: str
    since: date = Field(description="Surveys due earlier are not asked for")


class NewSurvey(BaseModel):
    """A survey beside the schedule."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region_code": "130922000000", "title": "模拟办事专项评估", "method": "mystery_handling",
                "due_on": "2017-09-30",
            }
        },
    )  # fmt: skip

    region_code: RegionCode
    title: Title
    method: Method
    due_on: Day


class ResultFile(BaseModel):
    """The report of a survey: where it lies, and by which digest it is known."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _RESULT["file"]})

    title: Title
    reference: Line = Field(description="Archive number or address")
    sha256: Digest


class NewScore(BaseModel):
    """What a survey says of an organ, a list or an entry."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _SCORE})

    organ_id: UUID | None = None
    list_id: UUID | None = None
    item_id: UUID | None = None
    sample_size: Sample
    score: Points
    opinion: Paragraph | None = Field(default=None, description="What was said, in words")

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if not (self.organ_id or self.list_id or self.item_id):
            raise ValueError("请指明机构、清单或事项")
        return self


class NewResult(BaseModel):
    """The result of a survey."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _RESULT})

    method: Method
    first_day: Day = Field(description="When people were asked")
    last_day: Day
    conducted_by: Title
    respondents: list[Respondent] = Field(min_length=1, max_length=3)
    sample_size: Sample
    score: Points
    summary: Paragraph | None = None
    file: ResultFile
    scores: list[NewScore] = Field(default_factory=list, max_length=1_000)


class ScoreView(BaseModel):
    """What a survey says of an organ, a list or an entry."""

    model_config = ConfigDict(json_schema_extra={"example": _SCORE | {"organ_name": "县市场监管局"}})

    organ_id: UUID | None
    organ_name: str | None
    list_id: UUID | None
    item_id: UUID | None
    sample_size: int
    score: float
    opinion: str | None


class SurveyLine(BaseModel):
    """A survey in a list of them."""

    model_config = ConfigDict(json_schema_extra={"example": _LINE})

    id: UUID
    region_code: str
    region_name: str
    year: int
    round: int | None = Field(description="Of the year; empty: held beside the schedule")
    title: str
    method: Method
    method_title: str
    due_at: datetime
    standing: SurveyStanding = Field(description="Missing once its day is over")
    standing_title: str
    first_day: date | None
    last_day: date | None
    conducted_by: str | None
    respondents: list[Respondent]
    sample_size: int | None
    score: float | None
    summary: str | None
    file: ResultFile | None
    recorded_by: str | None
    recorded_at: datetime | None


class SurveyView(SurveyLine):
    """A survey with what it says of organs, lists and entries."""

    model_config = ConfigDict(json_schema_extra={"example": _LINE | {"scores": []}})

    scores: list[ScoreView]


class OrganScoreView(BaseModel):
    """What the surveys of a year say of one organ."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "organ_id": "0197f3a0-0000-7000-8000-000000000003", "organ_name": "县市场监管局", "surveys": 2,
                "sample_size": 240, "score": 90.75,
            }
        },
    )  # fmt: skip

    organ_id: UUID
    organ_name: str
    surveys: int
    sample_size: int
    score: float | None = Field(description="Weighted by samples, of 100")


class YearScores(BaseModel):
    """Scores by organ, as the assessment of performance takes them (考核)."""

    region_code: str = Field(examples=["130922000000"])
    year: int = Field(examples=[2017])
    missing: list[str] = Field(description="Surveys of the year whose day is over without a result", examples=[[]])
    items: list[OrganScoreView]


def view_line(row: Row, now: datetime) -> SurveyLine:
    """A survey in a list."""
    return SurveyLine.model_validate(_titled(row, now))


def view(row: Row, scores: Sequence[Row], now: datetime) -> SurveyView:
    """A survey as the API tells it."""
    return SurveyView.model_validate(_titled(row, now) | {"scores": [dict(each) for each in scores]})


def _titled(row: Row, now: datetime) -> dict[str, Any]:
    found = rules.standing(row.due_at, row.recorded_at, now)
    return dict(row) | {
        "method_title": rules.METHOD_TITLES[row.method],
        "standing": found,
        "standing_title": rules.STANDING_TITLES[found],
    }
