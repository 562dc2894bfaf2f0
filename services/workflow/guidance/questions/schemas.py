"""API models of questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Code, Paragraph, Title
from services.workflow.guidance.questions import rules
from shared.statement import Row

State = Literal["open", "answered", "closed"]
_QUESTION: dict[str, Any] = {
    "organ_id": "0197f3a0-0000-7000-8000-000000000061",
    "title": "乡镇受委托实施的许可是否列入乡镇清单",
    "content": "县局委托我镇受理的事项，实施主体应写县局还是镇政府？",
    "list_kind": "permit",
}
# What says who asked; a list and its entry are those of a place.
_TELLING = ("region_code", "organ_id", "organ_name", "list_id", "item_id")
_MESSAGE: dict[str, Any] = {
    "number": 1, "act": "question", "organ_id": "0197f3a0-0000-7000-8000-000000000061", "organ_name": "清州镇政府",
    "content": _QUESTION["content"], "written_by": "account:0197f3a0-0000-7000-8000-000000000062",
    "written_at": "2017-08-15T09:00:00+08:00",
}  # fmt: skip


class NewQuestion(BaseModel):
    """What an organ asks its counterpart above."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _QUESTION})

    organ_id: UUID = Field(description="The organ that asks")
    asked_organ_id: UUID | None = Field(
        default=None, description="The organ above; when empty the nearest one above of the same system (条线)"
    )
    title: Title
    content: Paragraph
    list_kind: Code | None = Field(default=None, description="When empty that of the list")
    list_id: UUID | None = Field(default=None, description="The list it is about")
    item_id: UUID | None = Field(default=None, description="The entry it is about, of that list")


class Answer(BaseModel):
    """What the organ above answers."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"content": "受委托的事项列县局清单，注明委托。", "shared": True}}
    )

    content: Paragraph
    shared: bool = Field(default=False, description="For everybody in the regions below, without the names who asked")


class FollowUp(BaseModel):
    """What is still not clear."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"content": "未签订委托书的如何处理？"}})

    content: Paragraph


class Message(BaseModel):
    """One word of a thread."""

    model_config = ConfigDict(json_schema_extra={"example": _MESSAGE})

    number: int
    act: Literal["question", "answer", "follow_up"]
    organ_id: UUID | None
    organ_name: str | None
    content: str
    written_by: str | None
    written_at: datetime


class QuestionLine(BaseModel):
    """A question in a list of them."""

    id: UUID
    region_code: str | None = Field(
        description="Of who asks; empty in what is shared with others", examples=["130922100000"]
    )
    organ_id: UUID | None
    organ_name: str | None
    asked_region: str = Field(examples=["130922000000"])
    asked_organ_id: UUID
    asked_organ_name: str | None = Field(examples=["县市场监管局"])
    list_kind: str | None
    list_id: UUID | None = Field(description="Empty in what is shared with others, and so is the entry")
    item_id: UUID | None
    title: str
    state: State
    state_title: str = Field(examples=["待答复"])
    shared: bool
    due_at: datetime
    overdue: bool = Field(description="Not answered, and the limit is over")
    asked_at: datetime
    answered_at: datetime | None


class QuestionView(QuestionLine):
    """A question with its thread."""

    allowed: list[str] = Field(examples=[["answer", "close"]])
    messages: list[Message]


def line(row: Row, now: datetime) -> QuestionLine:
    """A question as a list of them tells it."""
    return QuestionLine.model_validate(_shown(row, now))


def view(row: Row, messages: list[Row], now: datetime) -> QuestionView:
    """A question as the API tells it; to others who asked is not shown."""
    shown = _shown(row, now)
    told = [dict(message) for message in messages]
    if not row.party:
        hidden = {"organ_id": None, "organ_name": None, "written_by": None}
        told = [each if each["act"] == "answer" else each | hidden for each in told]
        told = [each | {"written_by": None} for each in told]
    allowed = list(rules.ALLOWED[row.state]) if row.party else []
    return QuestionView.model_validate(shown | {"allowed": allowed, "messages": told})


def _shown(row: Row, now: datetime) -> dict[str, Any]:
    shown = dict(row) | {
        "state_title": rules.STATE_TITLES[row.state],
        "overdue": row.state == "open" and row.due_at < now,
    }
    return shown if row.party else shown | dict.fromkeys(_TELLING)
