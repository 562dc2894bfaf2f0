"""API models of procedure templates and review steps."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.bindings.schemas import Kind
from services.workflow.fields import Code, Line, RegionCode, Title
from services.workflow.procedures.kinds import KINDS
from services.workflow.procedures.rules import (
    FIXED_DATE,
    MOST_COMMENT_DAYS,
    MOST_RECIPIENTS,
    MOST_STEPS,
    Step,
    limit_from,
)
from services.workflow.register.schemas import SOURCE, SourceDocument

_STEPS: list[Any] = [
    {"code": "sign", "title": "负责人签署", "act": "sign", "role": "principal", "next": "review"},
    {
        "code": "review",
        "title": "审改办审核",
        "act": "review",
        "role": "reviewer",
        "limit": {"amount": 15, "unit": "working_day"},
        "next": "decide",
    },
    {"code": "legality", "title": "合法性审查", "act": "legality", "role": "legality_reviewer", "beside": "review"},
    {"code": "decide", "title": "县政府审定", "act": "decide", "role": "decider", "next": "publish"},
    {"code": "publish", "title": "公布", "act": "publish", "role": "system", "next": "file"},
    {"code": "file", "title": "报备", "act": "file", "role": "reviewer", "recipients": ["市审改办"]},
]
_STEP: dict[str, Any] = {
    "limit": None, "limit_working_days": None, "next": None, "beside": None, "sealed": False, "optional": False,
    "least_days": None, "recipients": [],
}  # fmt: skip
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class Limit(BaseModel):
    """How long a step may take from its opening, or the day it is due whenever it opens."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _STEPS[1]["limit"]})

    amount: int | None = Field(default=None, ge=1, le=366, description="Of a length; empty where a day is named")
    unit: Literal["working_day", "natural_day", "calendar_month", "fixed_date"]
    day: date | None = Field(default=None, description="Of `fixed_date`: the last day")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.day is None) == (self.unit == FIXED_DATE) or (self.amount is None) != (self.unit == FIXED_DATE):
            raise ValueError("固定日期（fixed_date）须填 day，其他单位须填 amount，二者只填其一")
        return self


class StepInput(BaseModel):
    """One step of a template."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _STEPS[1]})

    code: Code
    title: Title
    act: _Word = Field(
        description="sign, review, legality, confirm, comment, assess, hear, consult, report, decide, publish, file",
        examples=["review"],
    )
    role: _Word = Field(description="Who does it", examples=["reviewer"])
    limit: Limit | None = Field(default=None, description="At most a year; empty: none")
    next: Code | None = Field(default=None, description="Code of the step that follows; empty: the procedure ends")
    beside: Code | None = Field(default=None, description="Code of the step it is done in parallel with")
    sealed: bool = Field(default=False, description="Signing needs a digest or an electronic seal")
    optional: bool = Field(default=False, description="May be left out, with a reason on record")
    least_days: int | None = Field(
        default=None, ge=1, le=MOST_COMMENT_DAYS, description="Of public comment: natural days it lasts at least"
    )
    recipients: list[Title] = Field(
        default=[], max_length=MOST_RECIPIENTS, description="To whom a filing or an upward report goes"
    )

    def as_step(self) -> Step:
        """The step as the rules know it."""
        limit = limit_from(self.limit.model_dump()) if self.limit else None
        return Step(**self.model_dump() | {"limit": limit, "recipients": tuple(self.recipients)})


class NewTemplate(BaseModel):
    """A procedure, or the next version of one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "county_procedure",
                "title": "县级动态调整程序",
                "region_code": "130922000000",
                "kinds": list(KINDS),
                "steps": _STEPS,
                "source": "县政府办公室文件",
            }
        },
    )

    code: Code
    title: Title
    region_code: RegionCode = Field(description="Where it may be used: this region and below")
    kinds: list[Kind] = Field(min_length=1, max_length=20, description="Kinds of adjustment it is made for")
    steps: list[StepInput] = Field(max_length=MOST_STEPS)
    source: Line = Field(description="The document the procedure comes from")
    source_document_id: UUID | None = Field(default=None, description="The same in the register of documents")
    verified: bool = Field(default=False, description="Held against the text of the document")


class StepView(BaseModel):
    """One step of a template."""

    code: str
    title: str
    act: str
    role: str
    limit: Limit | None
    limit_working_days: int | None = Field(description="The limit where its unit is working days")
    next: str | None
    beside: str | None
    sealed: bool
    optional: bool
    least_days: int | None
    recipients: list[str]


class TemplateView(BaseModel):
    """A version of a procedure template."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "county_procedure",
                "version": 1,
                "title": "县级动态调整程序",
                "region_code": "130922000000",
                "kinds": list(KINDS),
                "steps": [_STEP | step for step in _STEPS],
                "source": "部门（负责人签署）—审改办—本级政府审定",
                "source_document": SOURCE,
                "verified": False,
                "created_at": "2026-01-05T09:00:00+08:00",
            }
        }
    )

    code: str
    version: int
    title: str
    region_code: str | None
    kinds: list[str]
    steps: list[StepView]
    source: str
    source_document: SourceDocument | None = Field(description="As the register of documents has it")
    verified: bool
    created_at: datetime


class StoredTemplateView(TemplateView):
    """A template that was just stored."""

    unbound_roles: list[str] = Field(
        description="Roles it needs that nobody has in the region or below: bind them before it is used"
    )


class ReviewStep(BaseModel):
    """A review step (审核环节) of a submission; those with one number are done beside one another."""

    id: UUID
    submission: int
    number: int
    code: str
    title: str
    act: str
    role: str
    role_title: str
    region_code: str
    organ_id: UUID | None = Field(description="Who is charged; empty: whoever has the role in the region")
    organ_name: str | None
    sealed: bool
    optional: bool = Field(description="May be left out, with a reason on record")
    least_days: int | None = Field(description="Of public comment: natural days it lasts at least")
    recipient: str | None = Field(description="To whom it is reported (报送、报备)")
    recipient_organ_id: UUID | None
    state: str
    opinion: str | None
    element_opinions: list[dict[str, Any]]
    record: dict[str, Any] | None = Field(
        description="Evidence of the seal, verdict, record of a preparing step, decision, revisions, or receipt"
    )
    decided_by: str | None
    limit: Limit | None
    limit_working_days: int | None = Field(description="The limit where its unit is working days")
    opened_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None
    overdue: bool
