"""API models of disputes about what was fed back."""

from __future__ import annotations

import datetime as dates
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.workflow.adjustments.schemas import Decision
from services.workflow.fields import Document, Paragraph
from services.workflow.preparations.schemas import ConsultedOrgan

Ruling = Literal["upheld", "amended"]
_WHO: list[Any] = [
    {"organ_id": "0197f3a0-0000-7000-8000-000000000002", "agreed": True},
    {"organ_id": "0197f3a0-0000-7000-8000-000000000005", "agreed": True},
]


class DisputeConsultation(BaseModel):
    """What the consultation about a dispute brought (会商; TH-55, HB-27)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "outcome": "agreed", "ruling": "upheld", "date": "2026-03-20", "organs": _WHO,
                "conclusion": "按审核反馈执行",
            }
        },
    )  # fmt: skip

    outcome: Literal["agreed", "not_agreed"]
    ruling: Ruling | None = Field(
        default=None, description="On what they agreed: upheld 维持审核反馈, amended 按异议修改; empty: not agreed"
    )
    date: dates.date
    organs: list[ConsultedOrgan] = Field(min_length=2, max_length=50)
    conclusion: Paragraph
    document: Document | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.organ_id for each in self.organs}) < len(self.organs):
            raise ValueError("参加单位重复")
        return self


class DisputeDecision(BaseModel):
    """What the government decided in a dispute (ZZ-53)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "ruling": "amended",
                "opinion": "实施主体以三定规定为准",
                "decision": {"meeting": "县政府第13次常务会议", "date": "2026-03-25", "number": "青政审〔2026〕6号"},
            }
        },
    )

    ruling: Ruling
    opinion: Paragraph
    decision: Decision


class DisputedElement(BaseModel):
    """An element that stays as it is until the dispute is settled."""

    item_id: UUID
    element: str
    opinion: str


class Dispute(BaseModel):
    """A dispute about what was fed back."""

    id: UUID = Field(description="That of the confirmation step")
    adjustment_id: UUID
    organ_id: UUID = Field(description="The department that does not agree")
    question: str = Field(examples=["反馈的实施主体与三定规定不一致"])
    state: str = Field(description="consulting, escalated, settled, void")
    state_title: str
    elements: list[DisputedElement]
    consultation: dict[str, Any] | None
    decision: dict[str, Any] | None
    ruling: str | None
    opened_by: str
    opened_at: datetime
    settled_at: datetime | None


class Disputes(BaseModel):
    """All disputes of an adjustment."""

    items: list[Dispute]
