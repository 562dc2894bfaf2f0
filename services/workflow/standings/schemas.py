"""API models of standings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.standings import rules
from services.workflow.standings.rules import Standing
from services.workflow.standings.service import Counted

Grouping = Literal["lead", "organ", "region"]
Outcome = Literal["in_time", "late", "unmet"]
Reason = Literal["slow", "not_reported", "late"]
EscalationLevel = Literal["none", "reminder", "criticism", "accountability"]

LINE: dict[str, Any] = {
    "rank": 2, "tied": False, "unit": "organ:0197f3a0-0000-7000-8000-000000000003", "name": "县市场监管局",
    "organ_id": "0197f3a0-0000-7000-8000-000000000003", "region_code": None, "counted": 9, "in_time": 6, "late": 1,
    "unmet": 2, "percentage": 66.7, "days_late": 23, "reasons": ["slow", "late"],
    "reason_titles": ["推进缓慢", "迟报逾期"], "level": "criticism", "level_title": "通报批评",
}  # fmt: skip
FACT: dict[str, Any] = {
    "source": "obligation", "id": "0197f3a0-0000-7000-8000-000000000031", "subject": "list",
    "title": "编制并公开：青县行政执法事项清单", "organ_id": "0197f3a0-0000-7000-8000-000000000003",
    "organ_name": "县市场监管局", "region_code": "130922000000", "region_name": "青县",
    "due_at": "2017-09-30T23:59:59+08:00", "met_at": None, "outcome": "unmet", "outcome_title": "到期未完成",
    "reason": "slow", "reason_title": "推进缓慢", "days_late": 23,
    "events": [{"id": "0197f3a0-0000-7000-8000-000000000041", "type": "clock.overdue",
                "recorded_at": "2017-10-01T00:00:01+08:00"}],
}  # fmt: skip


class StandingLine(BaseModel):
    """A unit in the order."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": LINE})

    rank: int = Field(description="From one; units that are equal share it")
    tied: bool
    unit: str = Field(description="`organ:<id>` or `region:<code>`, as the evidence is asked for")
    name: str
    organ_id: UUID | None
    region_code: str | None
    counted: int = Field(description="What was due in the period, or before and not met when it began")
    in_time: int
    late: int = Field(description="Met after its day")
    unmet: int = Field(description="Not met at the instant of the counting")
    percentage: float = Field(description="Met in time, of what counts")
    days_late: int = Field(description="Calendar days of delay in all")
    reasons: list[Reason]
    reason_titles: list[str]
    level: EscalationLevel = Field(description="How far it has gone: accountability when criticised before, not done")
    level_title: str


class Standings(BaseModel):
    """Units of a campaign in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "campaign_id": "0197f3a0-0000-7000-8000-000000000021", "by": "lead", "first_day": "2017-09-01",
                "last_day": "2017-09-30", "at": "2017-09-30T23:59:59+08:00", "order": list(rules.ORDER),
                "items": [LINE], "next": None,
            }
        }
    )  # fmt: skip

    campaign_id: UUID
    by: Grouping
    first_day: date
    last_day: date
    at: datetime = Field(description="As of when it was counted")
    order: list[str] = Field(description="By which rules units are put in order, in Chinese")
    items: list[StandingLine]
    next: str | None = Field(default=None, description="Cursor of the next page")


class Said(BaseModel):
    """An event that says what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": FACT["events"][0]})

    id: UUID
    type: str
    recorded_at: datetime


class Evidence(BaseModel):
    """One thing that counts for or against a unit."""

    model_config = ConfigDict(json_schema_extra={"example": FACT})

    source: Literal["obligation", "report", "submission"]
    id: UUID
    subject: str
    title: str
    organ_id: UUID | None
    organ_name: str | None
    region_code: str
    region_name: str
    due_at: datetime
    met_at: datetime | None
    outcome: Outcome
    outcome_title: str
    reason: Reason | None
    reason_title: str | None
    days_late: int
    events: list[Said]


def line(each: Standing) -> dict[str, Any]:
    """A standing as the API and a notice tell it."""
    names = ("rank", "tied", "counted", "in_time", "late", "unmet", "percentage", "days_late", "level")
    return {name: getattr(each, name) for name in names} | {
        "unit": each.unit.key,
        "name": each.unit.name,
        "organ_id": each.unit.organ_id,
        "region_code": each.unit.region_code,
        "reasons": list(each.reasons),
        "reason_titles": [rules.REASON_TITLES[one] for one in each.reasons],
        "level_title": rules.LEVEL_TITLES[each.level],
    }


def view(found: Counted, shown: list[Standing], following: str | None) -> Standings:
    """A page of standings as the API tells it."""
    return Standings.model_validate(
        {
            "campaign_id": found.campaign_id, "by": found.grouping, "first_day": found.first_day,
            "last_day": found.last_day, "at": found.at, "order": list(rules.ORDER),
            "items": [line(each) for each in shown], "next": following,
        }
    )  # fmt: skip
