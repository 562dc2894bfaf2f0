"""API models of adjustments."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic.json_schema import SkipJsonSchema

from services.workflow.adjustments.history.schemas import Happened, RunningClock
from services.workflow.adjustments.rules import DEFAULT_TRANSITIONAL_RULE, TRIGGERS
from services.workflow.attachments.schemas import Attachment
from services.workflow.candidates.schemas import Candidate
from services.workflow.changes.schemas import MOST_CHANGES, Change, ChangeInput, OtherAdjustment, StoredChange
from services.workflow.comments.schemas import Period
from services.workflow.fields import Line, Paragraph, RegionCode, Title
from services.workflow.justifications.schemas import StoredJustification
from services.workflow.procedures.schemas import ReviewStep
from services.workflow.related.schemas import RelatedWork
from services.workflow.submissions.schemas import Receipt
from shared.http.instants import Instant

Trigger = StrEnum("Trigger", {code: code for code in TRIGGERS})  # type: ignore[misc]

_HEADER: dict[str, Any] = {
    "title": "建设项目环境影响报告表审批：材料与省级实施规范一致",
    "trigger": "SUPERIOR_SPEC_CHANGE",
    "trigger_reference": "省级行政许可实施规范（2022年版）",
    "legal_basis": "《中华人民共和国环境影响评价法》第二十二条",
    "reason": "删除超出省级实施规范的申请材料，并采用全国统一名称",
}


class AdjustmentHeader(BaseModel):
    """What an adjustment says about itself."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _HEADER})

    title: Title
    trigger: Trigger = Field(description="Why it became necessary (调整情形)")
    trigger_reference: Line = Field(description="The document or fact that triggered it: title, number, date")
    trigger_date: date | None = Field(
        default=None, description="When the cause arose; the day of opening when empty. Rules may count from it"
    )
    legal_basis: Paragraph
    reason: Paragraph
    effective_at: Instant | None = Field(default=None, description="Instant of effect; empty: with the decision")
    transitional_rule: Paragraph = Field(default=DEFAULT_TRANSITIONAL_RULE, description="What holds for running cases")
    participants: list[UUID] = Field(
        default_factory=list, max_length=50, description="Organs that take part beside the leading one (联合调整)"
    )


class NewAdjustment(AdjustmentHeader):
    """A new adjustment, with its first changes if one likes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": _HEADER
            | {
                "organ_id": "0197f3a0-0000-7000-8000-000000000002",
                "changes": [
                    {
                        "operation": "modify",
                        "item_id": "0197f3a0-0000-7000-8000-000000000001",
                        "elements": {"name": "建设项目环境影响报告表审批"},
                    }
                ],
            }
        },
    )

    organ_id: UUID = Field(description="The organ that leads it")
    region_code: RegionCode | None = Field(
        default=None, description="Whose government decides; the organ's region unless one above it is named"
    )
    changes: list[ChangeInput] = Field(default_factory=list, max_length=MOST_CHANGES)
    confirm_overlap: bool = False
    # Not a field: who still names a procedure is told why he cannot.
    procedure: SkipJsonSchema[None] = Field(default=None, exclude=True)

    @field_validator("procedure", mode="before")
    @classmethod
    def _chosen_by_kind(cls, _: Any) -> None:
        raise ValueError(
            "审核程序由调整类型和本区划的规定决定，不能自选，请删除此字段；"
            "适用程序可查询 /workflow/v1/procedure-bindings/in-force"
        )


class Reason(BaseModel):
    """Why somebody takes a step back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "省级规范将再次调整，暂缓办理"}})

    reason: Paragraph


_SUMMARY: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000003",
    "number": "TZ-2026-000017",
    "title": _HEADER["title"],
    "region_code": "440113000000",
    "organ_id": "0197f3a0-0000-7000-8000-000000000002",
    "trigger": "SUPERIOR_SPEC_CHANGE",
    "kind": "modify",
    "state": "checking",
    "state_title": "系统校验中",
    "submission": 1,
    "minor": False,
    "effective_at": None,
    "decided_at": None,
    "applied_at": None,
    "published_at": None,
    "filed_at": None,
    "version": 2,
    "created_at": "2026-03-02T09:00:00+08:00",
    "updated_at": "2026-03-02T09:05:00+08:00",
}


class AdjustmentSummary(BaseModel):
    """An adjustment in a list."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    id: UUID
    number: str
    title: str
    region_code: str
    organ_id: UUID
    trigger: Trigger
    kind: str | None = Field(description="The gravest of what its changes do; fixed when it is submitted")
    state: str
    state_title: str
    submission: int
    minor: bool = Field(description="Handed in as a minor change, without review (微调)")
    effective_at: datetime | None
    decided_at: datetime | None
    applied_at: datetime | None
    published_at: datetime | None = Field(description="Since when every list it changed shows it")
    filed_at: datetime | None = Field(description="Since when the last recipient has given a receipt")
    version: int
    created_at: datetime
    updated_at: datetime


class OpenedAdjustment(AdjustmentSummary):
    """An adjustment that was just opened, its changes, and who else works on these entries."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY | {"changes": [], "others": []}})

    changes: list[StoredChange]
    others: list[OtherAdjustment]


class Validation(BaseModel):
    """What the catalog found in the last submission it checked."""

    submission: int
    blocking: int
    findings: list[dict[str, Any]]


class CascadeEntry(BaseModel):
    """One line of the cascade ledger (联动台账): what the adjustment did in one list by one rule."""

    list_id: UUID
    list_kind: str
    list_title: str
    region_code: str
    rule: str
    touched: int
    unchanged: int
    waiting: int
    failed: int
    error: str | None
    first_at: datetime
    last_at: datetime


class OpenDraft(BaseModel):
    """A linked entry that a person must accept or object to."""

    id: UUID
    rule: str
    list_id: UUID
    list_kind: str
    region_code: str
    item_id: UUID | None
    source_item_id: UUID
    reason: str
    lead_organ_id: UUID
    opened_at: datetime


class OpenFinding(BaseModel):
    """A contradiction between lists that people have to clear up or waive."""

    id: UUID
    rule: str
    severity: str
    list_id: UUID
    list_kind: str
    region_code: str
    item_id: UUID
    element: str
    message: str
    lead_organ_id: UUID
    opened_at: datetime
    due_at: datetime | None


class Waiting(BaseModel):
    """Who waits for whom."""

    for_role: str = Field(examples=["reviewer"])
    for_title: str = Field(examples=["审改办审核人员"])
    organ_id: UUID | None
    organ_name: str | None
    region_code: str
    what: str = Field(examples=["审改办审核"])
    since: datetime | None
    due_at: datetime | None
    overdue: bool


def _is_left_out(value: object) -> bool:
    return value is None


class Decision(BaseModel):
    """The record of the government's decision; nothing is published without it (ZL-34)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"meeting": "区政府第12次常务会议", "date": "2026-03-02", "number": "区政审〔2026〕3号"}
        },
    )

    meeting: Line = Field(description="The meeting that decided")
    date: date
    number: Annotated[Line, Field(description="Number of the decision")]
    authority: Line | None = Field(default=None, exclude_if=_is_left_out, description="Authority that issued it")
    link: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s\x00]+$")] | None = Field(
        default=None, exclude_if=_is_left_out, description="Where the document is published"
    )


class Adjustment(AdjustmentSummary):
    """An adjustment with everything about it."""

    model_config = ConfigDict(json_schema_extra={})

    participants: list[UUID]
    organ_names: dict[UUID, str]
    trigger_title: str
    trigger_date: date | None = Field(description="When the cause arose")
    trigger_reference: str
    legal_basis: str
    reason: str
    transitional_rule: str
    kind_title: str | None
    procedure_code: str | None = Field(description="Empty as long as there is no change")
    procedure_version: int | None
    procedure_title: str | None
    procedure_forecast: bool = Field(
        description="True before it is submitted: what would hold today, by what its changes do now"
    )
    compiled_by: list[str] = Field(description="Accounts that had a hand in the content: they approve nothing of it")
    decision: Decision | None
    created_by: str
    allowed: list[str] = Field(description="Acts possible now")
    changes: list[Change]
    steps: list[ReviewStep]
    validation: Validation | None
    cascade: list[CascadeEntry]
    drafts: list[OpenDraft] = Field(description="The first 200 of `drafts_waiting`")
    drafts_waiting: int
    findings: list[OpenFinding] = Field(description="The first 200 of `findings_waiting`")
    findings_waiting: int
    waiting: list[Waiting]
    timeline: list[Happened] = Field(description="What happened, the oldest first; the last 200 entries")
    receipts: list[Receipt] = Field(description="Of its submissions")
    justifications: list[StoredJustification] = Field(description="Why materials were added")
    candidates: list[Candidate] = Field(description="Until it is decided: what a cause concerns that demands answers")
    clocks: list[RunningClock] = Field(description="Limits of its tasks, the earliest first; those that ran as well")
    related_work: list[RelatedWork] = Field(description="What departments put right after the publication")
    attachments: list[Attachment] = Field(description="Files, the oldest first")
    comment_periods: list[Period] = Field(description="What the public was asked, and what came of it")
    complete: bool = Field(
        description="In effect in every list, every step of its procedure done, and nothing waits for anybody"
    )
