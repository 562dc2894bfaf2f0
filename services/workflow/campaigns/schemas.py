"""API models of campaigns."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.campaigns.rules import ALLOWED, STATE_TITLES, SUBJECT_TITLES, Campaign, Milestone, Phase, Target
from services.workflow.fields import Code, Line, Paragraph, RegionCode, Title

Act = Literal["submission", "review", "publication", "other"]
Level = Literal["nation", "province", "city", "county", "township", "village"]
Subject = Literal["list", "submission", "plan", "summary", "document", "guidance"]
Unit = Literal["lead", "member", "organ", "region", "obliged"]
ReportRule = Literal["calendar_day", "next_working_day", "working_day"]
ListClass = Literal["comprehensive", "special"]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2099, 12, 31))]

_PHASE: dict[str, Any] = {
    "number": 1, "title": "清理优化阶段", "act": "submission", "starts_on": "2017-08-20", "ends_on": "2017-08-31",
}  # fmt: skip
_MILESTONE: dict[str, Any] = {
    "number": 1, "title": "规范调整权力清单、责任清单并备案", "subject": "list",
    "kinds": ["power", "responsibility"], "levels": ["county", "township"], "unit": "lead", "due_on": "2017-09-30",
    "completion": "adjusted", "filing": True,
}  # fmt: skip
_TARGET: dict[str, Any] = {"list_class": "comprehensive", "at_least": 10, "due_on": "2017-11-30", "together": []}
_PLAN: dict[str, Any] = {
    "region_code": "130922000000",
    "title": "完善清单管理制度",
    "source": "青县完善清单管理制度工作方案（2017年6月）",
    "starts_on": "2017-06-20",
    "due_on": "2017-11-30",
    "report_day": 5,
    "phases": [],
    "milestones": [_MILESTONE],
    "targets": [_TARGET],
}


class PhaseView(BaseModel):
    """A part of a campaign with its dates."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, json_schema_extra={"example": _PHASE})

    number: int = Field(ge=1, le=100)
    title: Title
    act: Act = Field(description="What is done in it; submissions after the end of their phase are late")
    starts_on: Day
    ends_on: Day


class NewMilestone(BaseModel):
    """What is due by a day, and by whom."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _MILESTONE})

    number: int = Field(ge=1, le=1_000)
    phase: int | None = Field(default=None, ge=1, le=100, description="Number of the phase it belongs to")
    title: Title
    subject: Subject
    kinds: list[Code] = Field(default_factory=list, max_length=100)
    levels: list[Level] = Field(min_length=1, max_length=6, description="Levels of the regions, at or below its own")
    region_kinds: list[Literal["administrative", "zone", "virtual"]] = Field(
        default=["administrative"], min_length=1, max_length=3
    )
    unit: Unit = Field(
        description="Who owes it: lead organ of each list, each member of each list, organs, regions, or every unit "
        "obliged to report (lead organs and zones)"
    )
    organ_ids: list[UUID] = Field(
        default_factory=list, max_length=500,
        description="Of organs: only these, all when empty. Of lists: organs that organise them, as of zones",
    )  # fmt: skip
    due_on: Day
    completion: Literal["enacted", "adjusted"] | None = Field(
        default=None, description="Of lists: in force at all, or published by a decision since the campaign began"
    )
    filing: bool = Field(default=False, description="Done only with the receipt of the filing")
    attachment: Title | None = Field(
        default=None, description="Document that has to be there beside a list", examples=["落实措施"]
    )

    def as_milestone(self, id_: UUID) -> Milestone:
        """The milestone with its id."""
        given = self.model_dump()
        lists = {name: tuple(given[name]) for name in ("kinds", "levels", "region_kinds", "organ_ids")}
        return Milestone(id=id_, **(given | lists))


class MilestoneView(NewMilestone):
    """A milestone as it is stored."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": _MILESTONE | {"id": "0197f3a0-0000-7000-8000-000000000022", "subject_title": "清单公布"}
        },
    )

    id: UUID
    subject_title: str = Field(examples=["清单公布"])


class TargetView(BaseModel):
    """How many lists of a class there have to be by a day."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, json_schema_extra={"example": _TARGET})

    list_class: ListClass
    at_least: int = Field(ge=1, le=1_000)
    due_on: Day
    together: list[Annotated[list[Code], Field(min_length=2, max_length=20)]] = Field(
        default_factory=list, max_length=50, description="Kinds that count as one list, once all of them are published"
    )


class CampaignChange(BaseModel):
    """A plan of work, as long as it is being written."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {name: value for name, value in _PLAN.items() if name != "region_code"}},
    )

    title: Title
    source: Line = Field(description="The document that arranges it")
    source_document_id: UUID | None = Field(default=None, description="The same in the register of documents")
    superior_id: UUID | None = Field(default=None, description="Campaign of a region above whose dates bind this one")
    starts_on: Day
    due_on: Day = Field(description="Everything is to be done by then")
    report_day: int | None = Field(
        default=None, ge=1, le=28, description="Day of each month by which units report on the month before"
    )
    report_rule: ReportRule = Field(
        default="calendar_day",
        description="That day of the month, the next working day where that is a day off, or so many working days",
    )
    phases: list[PhaseView] = Field(default_factory=list, max_length=20)
    milestones: list[NewMilestone] = Field(min_length=1, max_length=100)
    targets: list[TargetView] = Field(default_factory=list, max_length=2)


class NewCampaign(CampaignChange):
    """A plan of work of a region."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _PLAN})

    region_code: RegionCode


class CampaignView(BaseModel):
    """A plan of work as it is stored."""

    id: UUID
    region_code: str
    title: str
    source: str
    source_document_id: UUID | None = Field(description="The same in the register of documents")
    superior_id: UUID | None
    state: str = Field(examples=["running"])
    state_title: str = Field(examples=["实施中"])
    allowed: list[str] = Field(examples=[["move", "close"]])
    starts_on: date
    due_on: date
    report_day: int | None
    report_rule: ReportRule
    phases: list[PhaseView]
    milestones: list[MilestoneView]
    targets: list[TargetView]


class CampaignLine(BaseModel):
    """A campaign in a list of them."""

    id: UUID
    region_code: str
    region_name: str = Field(examples=["青县"])
    title: str
    state: str
    starts_on: date
    due_on: date


class Move(BaseModel):
    """Another day for a milestone."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"due_on": "2017-09-20", "reason": "与省级部署衔接"}}
    )

    due_on: Day
    reason: Line


class Closing(BaseModel):
    """Why a campaign is over."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "各项任务已完成并总结"}})

    note: Paragraph


def plan_of(given: CampaignChange, id_: UUID, region_code: str, milestone_ids: list[UUID]) -> Campaign:
    """The plan a request describes."""
    return Campaign(
        id=id_,
        region_code=region_code,
        state="draft",
        version=1,
        **given.model_dump(
            include={
                "title",
                "source",
                "superior_id",
                "starts_on",
                "due_on",
                "report_day",
                "report_rule",
                "source_document_id",
            }
        ),
        phases=tuple(Phase(**phase.model_dump()) for phase in given.phases),
        milestones=tuple(each.as_milestone(one) for each, one in zip(given.milestones, milestone_ids, strict=True)),
        targets=tuple(
            Target(**(target.model_dump() | {"together": tuple(tuple(group) for group in target.together)}))
            for target in given.targets
        ),
    )


def view(campaign: Campaign) -> CampaignView:
    """A plan as the API tells it."""
    milestones = [
        MilestoneView.model_validate(vars(each) | {"subject_title": SUBJECT_TITLES[each.subject]})
        for each in campaign.milestones
    ]
    return CampaignView(
        **{name: value for name, value in vars(campaign).items() if name in CampaignView.model_fields
           and name not in ("phases", "milestones", "targets")},
        state_title=STATE_TITLES[campaign.state],
        allowed=list(ALLOWED[campaign.state]),
        phases=[PhaseView.model_validate(phase) for phase in campaign.phases],
        milestones=milestones,
        targets=[TargetView.model_validate(target) for target in campaign.targets],
    )  # fmt: skip
