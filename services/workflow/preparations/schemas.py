"""API models of the records that prepare a decision."""

from __future__ import annotations

import datetime as dates
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.workflow.changes.schemas import Change
from services.workflow.comments.schemas import Period
from services.workflow.fields import Code, Evidence, Line, Paragraph
from services.workflow.justifications.schemas import StoredJustification
from services.workflow.submissions.schemas import Receipt

_STEP = Field(default=None, description="At which step, when the caller may act at several")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DisputedFeedback(_Strict):
    """An element whose feedback a department disputes, and why."""

    item_id: UUID
    element: Code
    opinion: Paragraph


class Confirmation(_Strict):
    """A department's word on what the reviewing office fed back (HB-27)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"outcome": "confirmed", "opinion": "已逐项核实，无误"}}
    )

    step_id: UUID | None = _STEP
    outcome: Literal["confirmed", "objected", "disputed"] = Field(
        description="confirmed 无异议, objected 退回修改, disputed 有争议，先会商，未达成一致的由本级政府审定"
    )
    opinion: Paragraph | None = Field(default=None, description="Required unless confirmed")
    elements: list[DisputedFeedback] = Field(
        default_factory=list, max_length=200, description="What is disputed; nobody else changes it meanwhile"
    )


class Expert(_Strict):
    """An expert who assessed, and what he or she found."""

    name: Line
    organisation: Line
    opinion: Paragraph


_ASSESSMENT: dict[str, Any] = {
    "outcome": "feasible",
    "date": "2026-03-20",
    "experts": [{"name": "专家甲", "organisation": "省环境科学研究院", "opinion": "调整符合实际，风险可控"}],
    "conclusion": "论证可行",
}


class Assessment(_Strict):
    """The assessment by experts (评估论证; ZL-52)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _ASSESSMENT})

    step_id: UUID | None = _STEP
    outcome: Literal["feasible", "needs_change", "infeasible", "omitted"] = Field(
        description="feasible 可行, needs_change 修改后再论证, infeasible 不可行, omitted 省略 (where optional)"
    )
    date: dates.date
    experts: list[Expert] = Field(default_factory=list, max_length=50, description="At least one unless omitted")
    conclusion: Paragraph = Field(description="Conclusion, or why it was left out")
    document: Evidence | None = None

    @model_validator(mode="after")
    def _assessed(self) -> Self:
        if self.outcome != "omitted" and not self.experts:
            raise ValueError("评估论证须至少列出一名专家及其意见")
        return self


class Speaker(_Strict):
    """Somebody who spoke at a hearing."""

    name: Line
    represents: Line = Field(description="Whom: applicants, an industry, an organ")
    opinion: Paragraph


class Hearing(_Strict):
    """A public hearing (听证; ZL-33), or why none was held."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"outcome": "omitted", "date": "2026-03-20", "conclusion": "无利害关系人要求听证"}
        },
    )

    step_id: UUID | None = _STEP
    outcome: Literal["held", "returned", "omitted"] = Field(
        description="held 已听证并继续, returned 据听证意见退回, omitted 未举行 (where optional)"
    )
    date: dates.date
    place: Line | None = None
    presided_by: Line | None = None
    speakers: list[Speaker] = Field(default_factory=list, max_length=200)
    conclusion: Paragraph = Field(description="Conclusion, or why none was held")
    minutes: Evidence | None = Field(default=None, description="Required where it was held")

    @model_validator(mode="after")
    def _minuted(self) -> Self:
        if self.outcome != "omitted" and (self.minutes is None or not self.speakers or not self.presided_by):
            raise ValueError("举行听证的，须写明主持人、发言人并附听证笔录")
        return self


class ConsultedOrgan(_Strict):
    """An organ that took part in a consultation, and whether it agreed."""

    organ_id: UUID
    agreed: bool
    opinion: Paragraph | None = Field(default=None, description="Required where it does not agree")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if not self.agreed and not self.opinion:
            raise ValueError("不同意的，须写明意见")
        return self


class Consultation(_Strict):
    """The record of a joint consultation (会商; TH-55): who agreed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "outcome": "agreed",
                "date": "2026-03-20",
                "organs": [
                    {"organ_id": "0197f3a0-0000-7000-8000-000000000002", "agreed": True},
                    {"organ_id": "0197f3a0-0000-7000-8000-000000000005", "agreed": True},
                ],
                "conclusion": "同意按程序报审",
            }
        },
    )

    step_id: UUID | None = _STEP
    outcome: Literal["agreed", "not_agreed", "omitted"]
    date: dates.date
    organs: list[ConsultedOrgan] = Field(default_factory=list, max_length=50, description="At least two unless omitted")
    conclusion: Paragraph = Field(description="Conclusion, or why it was left out")
    document: Evidence | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.outcome != "omitted" and len({each.organ_id for each in self.organs}) < 2:
            raise ValueError("会商须至少有两个单位参加")
        if len({each.organ_id for each in self.organs}) < len(self.organs):
            raise ValueError("参加单位重复")
        return self


class UpwardReport(_Strict):
    """The report to the superior before the decision, and its receipt (ZZ-09)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"sent_on": "2026-03-20", "receipt_number": "晋审改收〔2026〕8号", "receipt_date": "2026-03-23"}
        },
    )

    step_id: UUID | None = _STEP
    sent_on: dates.date
    receipt_number: Line
    receipt_date: dates.date
    document: Evidence | None = Field(default=None, description="The receipt itself")


class PackagedOpinion(BaseModel):
    """What was said at a review step that is done."""

    step: str = Field(examples=["合法性审查"])
    organ_name: str | None
    opinion: str | None
    element_opinions: list[dict[str, Any]]
    record: dict[str, Any] | None
    decided_at: datetime | None


class ReportPackage(BaseModel):
    """What a superior is sent before the decision: the adjustment, its changes, and what was said of them (ZZ-09)."""

    number: str = Field(examples=["TZ-2026-000017"])
    title: str
    region_code: str
    organ_name: str | None
    kind_title: str | None
    trigger_title: str
    trigger_reference: str
    trigger_date: dates.date | None
    legal_basis: str
    reason: str
    effective_at: datetime | None
    transitional_rule: str
    receipt: Receipt | None = Field(description="Of the submission, with the digest of its content")
    changes: list[Change]
    opinions: list[PackagedOpinion]
    justifications: list[StoredJustification]
    comment_periods: list[Period]
