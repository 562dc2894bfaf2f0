"""API models of public comment, for those who organise it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.workflow.fields import Document, Paragraph, Title
from services.workflow.procedures.rules import MOST_COMMENT_DAYS

Outcome = Literal["adopted", "partly_adopted", "not_adopted", "dismissed"]


class PublicDocument(Document):
    """A document the public may read."""

    title: Title


class NewPeriod(BaseModel):
    """A period of public comment; all of it becomes public at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "title": "关于调整环评类行政许可申请材料的公开征求意见",
                "explanation": "拟删除超出省级实施规范的申请材料，欢迎提出意见。",
                "days": 30,
            }
        },
    )

    step_id: UUID | None = Field(default=None, description="At which step, when the caller may act at several")
    title: Title
    explanation: Paragraph = Field(description="What is to change and why; nothing that is not for the public")
    documents: list[PublicDocument] = Field(default_factory=list, max_length=20)
    days: int = Field(ge=1, le=MOST_COMMENT_DAYS, description="Natural days; not less than the procedure says")


class Counts(BaseModel):
    """How many comments came, and what became of them."""

    total: int
    waiting: int
    adopted: int
    partly_adopted: int
    not_adopted: int
    dismissed: int


class Period(BaseModel):
    """A period of public comment."""

    id: UUID = Field(description="That of its review step")
    title: str = Field(examples=["关于调整环评类行政许可申请材料的公开征求意见"])
    explanation: str
    documents: list[dict[str, Any]]
    opens_at: datetime
    closes_at: datetime
    opened_by: str
    outcome: str | None
    summary: str | None
    summarised_at: datetime | None
    comments: Counts


class Comment(BaseModel):
    """A comment of the public and its answer."""

    id: UUID
    said_by: str = Field(
        description="citizen, enterprise, organisation, expert: as it says of itself", examples=["enterprise"]
    )
    text: str
    received_at: datetime
    outcome: Outcome | None
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class Answer(BaseModel):
    """The answer to a comment."""

    model_config = ConfigDict(extra="forbid")

    comment_id: UUID
    outcome: Outcome = Field(
        description="adopted 采纳, partly_adopted 部分采纳, not_adopted 未采纳, dismissed 与本次调整无关（垃圾信息）"
    )
    answer: Paragraph | None = Field(default=None, description="Required unless dismissed; public with the summary")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.outcome != "dismissed" and not self.answer:
            raise ValueError("请写明答复；除与本次调整无关的外，每条意见都须说明理由")
        return self


class Answers(BaseModel):
    """Answers, all or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "answers": [
                    {
                        "comment_id": "0197f3a0-0000-7000-8000-000000000021",
                        "outcome": "adopted",
                        "answer": "已采纳，删除该材料。",
                    }
                ]
            }
        },
    )

    step_id: UUID | None = None
    answers: list[Answer] = Field(min_length=1, max_length=200)


class Summary(BaseModel):
    """What came of the public comment; published with all answers."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"outcome": "pass", "summary": "共收到意见12条，采纳5条，未采纳7条。"}},
    )

    step_id: UUID | None = None
    outcome: Literal["pass", "return", "omitted"] = Field(
        description="omitted: no period was opened, where the procedure calls it optional"
    )
    summary: Paragraph = Field(description="The summary, or why it was left out")
