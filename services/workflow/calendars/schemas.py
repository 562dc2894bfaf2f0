"""API models of the calendar register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.clocks.rules import OVERDUE, LimitUnit
from services.workflow.fields import Line, Storable

# A year has 366 days; nobody differs from the five-day week in more.
MOST_DAYS = 366
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Storable]


class NewCalendarDay(BaseModel):
    """A day that differs from the five-day week, or from what a superior region says."""

    model_config = ConfigDict(extra="forbid")

    day: date = Field(examples=["2027-04-19"])
    working: bool = Field(description="Whether it is a working day", examples=[False])
    name: Name = Field(examples=["广西壮族三月三"])


class NewCalendarYear(BaseModel):
    """What a region says of a year; replaces what it said before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "announced": False,
                "source": "自治区人民政府办公厅关于2027年“三月三”放假安排的通知",
                "days": [{"day": "2027-04-19", "working": False, "name": "广西壮族三月三"}],
            }
        },
    )

    announced: bool = Field(
        default=False, description="The days are all that differ from the five-day week: the year is announced"
    )
    source: Line = Field(description="The document that says so")
    days: list[NewCalendarDay] = Field(max_length=MOST_DAYS)


class CalendarDay(BaseModel):
    """A day that differs from the five-day week, and who says so."""

    day: date
    working: bool
    name: str = Field(examples=["国庆节"])
    source: str = Field(examples=["国务院办公厅节假日安排"])
    region_code: str = Field(description="The region whose word counts: the nearest", examples=["000000000000"])


class CalendarYear(BaseModel):
    """A year as it holds in a region."""

    region_code: str = Field(examples=["130922000000"])
    year: int = Field(examples=[2027])
    announced: bool = Field(description="False: due days calculated across the year are provisional")
    source: str | None = Field(description="Of what the region itself has set")
    days: list[CalendarDay]
    set_by: str | None
    set_at: datetime | None


class DueDay(BaseModel):
    """A calculated due day."""

    region_code: str
    start: date
    amount: int
    unit: LimitUnit
    due_on: date = Field(description="The last day", examples=["2026-10-12"])
    due_at: datetime = Field(description="Its last second, Asia/Shanghai")
    provisional: bool = Field(description="A year on the way is not announced: the day may still move")


class Threshold(BaseModel):
    """A grade of warning: when so much of the time is gone, or so many working days before the due day."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"grade": "three_days_before", "working_days_before": 3}}
    )

    grade: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    share_percent: int | None = Field(default=None, ge=1, le=100)
    working_days_before: int | None = Field(default=None, ge=0, le=60)

    @model_validator(mode="after")
    def _one_way(self) -> Threshold:
        if (self.share_percent is None) == (self.working_days_before is None):
            raise ValueError("请填写 share_percent 或 working_days_before 之一")
        if self.grade == OVERDUE:
            raise ValueError("超期提醒由系统固定设置，无须填写")
        return self


class Thresholds(BaseModel):
    """The grades of warning of a region; overdue is always told."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "thresholds": [
                    {"grade": "half", "share_percent": 50},
                    {"grade": "one_day_before", "working_days_before": 1},
                ]
            }
        },
    )

    thresholds: list[Threshold] = Field(max_length=10)

    @model_validator(mode="after")
    def _each_once(self) -> Thresholds:
        grades = [threshold.grade for threshold in self.thresholds]
        if len(set(grades)) < len(grades):
            raise ValueError("各级提醒的名称不能重复")
        return self
