"""API models of procedure templates and review steps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.changes.schemas import Operation
from services.workflow.fields import Code, Line, RegionCode, Title
from services.workflow.procedures.rules import MOST_STEPS, MOST_WORKING_DAYS, Step

_STEPS: list[Any] = [
    {"code": "sign", "title": "负责人签署", "act": "sign", "role": "principal", "next": "review"},
    {
        "code": "review",
        "title": "审改办审核",
        "act": "review",
        "role": "reviewer",
        "limit_working_days": 15,
        "next": "decide",
    },
    {"code": "decide", "title": "县政府审定", "act": "decide", "role": "decider"},
]
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class StepInput(BaseModel):
    """One step of a template."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _STEPS[1]})

    code: Code
    title: Title
    act: _Word = Field(description="sign, review, legality, decide", examples=["review"])
    role: _Word = Field(description="Who does it", examples=["reviewer"])
    limit_working_days: int | None = Field(
        default=None, ge=1, le=MOST_WORKING_DAYS, description="Limit in working days; empty: none"
    )
    next: Code | None = Field(default=None, description="Code of the step that follows; empty: the procedure ends")

    def as_step(self) -> Step:
        """The step as the rules know it."""
        return Step(**self.model_dump())


class NewTemplate(BaseModel):
    """A procedure, or the next version of one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "county_procedure",
                "title": "县级动态调整程序",
                "region_code": "130922000000",
                "kinds": ["add", "modify", "suspend", "resume", "cancel"],
                "steps": _STEPS,
                "source": "县政府办公室文件",
            }
        },
    )

    code: Code
    title: Title
    region_code: RegionCode = Field(description="Where it may be used: this region and below")
    kinds: list[Operation] = Field(min_length=1, max_length=5, description="Operations it is made for")
    steps: list[StepInput] = Field(max_length=MOST_STEPS)
    source: Line = Field(description="The document the procedure comes from")


class StepView(BaseModel):
    """One step of a template."""

    code: str
    title: str
    act: str
    role: str
    limit_working_days: int | None
    next: str | None


class TemplateView(BaseModel):
    """A version of a procedure template."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "short",
                "version": 1,
                "title": "三步程序：部门编制签署、审改办审核、政府审定",
                "region_code": None,
                "kinds": ["add", "modify", "suspend", "resume", "cancel"],
                "steps": [{"limit_working_days": None, "next": None} | step for step in _STEPS],
                "source": "部门（负责人签署）—审改办—本级政府审定",
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
    verified: bool
    created_at: datetime


class ReviewStep(BaseModel):
    """A review step (审核环节) of a submission."""

    id: UUID
    submission: int
    number: int
    code: str
    title: str
    act: str
    role: str
    region_code: str
    organ_id: UUID | None
    state: str
    opinion: str | None
    element_opinions: list[dict[str, Any]]
    record: dict[str, Any] | None
    decided_by: str | None
    limit_working_days: int | None
    opened_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None
    overdue: bool
