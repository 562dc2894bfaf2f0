"""Models of the public's side of comment periods."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_PLAIN = r"^[^\x00]*$"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=4_000, pattern=_PLAIN)]
Receipt = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{22}$")]
SaidBy = Literal["citizen", "enterprise", "organisation", "expert"]
Outcome = Literal["adopted", "partly_adopted", "not_adopted", "dismissed"]
OUTCOMES: dict[str, str] = {
    "adopted": "采纳", "partly_adopted": "部分采纳", "not_adopted": "未采纳", "dismissed": "与本次征求意见无关",
}  # fmt: skip
SAID_BY: dict[str, str] = {"citizen": "公民", "enterprise": "企业", "organisation": "组织", "expert": "专家"}


class CommentPeriod(BaseModel):
    """A draft that the public is asked about."""

    id: UUID
    region_code: str
    title: str = Field(examples=["关于调整环评类行政许可申请材料的公开征求意见"])
    explanation: str
    documents: list[dict[str, Any]] = Field(description="title, reference, sha256")
    opens_at: datetime
    closes_at: datetime
    open: bool = Field(description="Comments are taken now")
    summary: str | None = Field(description="What came of it; with it the answers are public")
    summarised_at: datetime | None


class NewComment(BaseModel):
    """What somebody says of a draft; nobody is asked who he is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"said_by": "enterprise", "text": "建议同时取消场地证明，可由部门核验。"}},
    )

    said_by: SaidBy = Field(
        default="citizen", description="citizen 公民, enterprise 企业, organisation 组织, expert 专家"
    )
    text: Words = Field(description="Please name no persons: it becomes public with its answer")


class ReceivedComment(BaseModel):
    """A comment that was taken; the receipt is shown this once and is needed to read the answer."""

    id: UUID
    receipt: str | None = Field(examples=["p0f5zT2mQ7eWk1xYc3VbNg"])
    received_at: datetime
    closes_at: datetime = Field(description="Answers follow the end of the period")


class CommentReceipt(BaseModel):
    """Who shows the receipt reads the answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"receipt": "p0f5zT2mQ7eWk1xYc3VbNg"}})

    receipt: Receipt


class AnsweredComment(BaseModel):
    """A comment and its answer."""

    said_by: SaidBy
    said_by_title: str = Field(examples=["企业"])
    text: str
    received_at: datetime
    outcome: Outcome | None
    outcome_title: str | None = Field(examples=["采纳"])
    answer: str | None
    answered_at: datetime | None


def titled(row: Any) -> dict[str, Any]:
    """A row with what people read."""
    found = dict(row)
    titles = {"said_by_title": SAID_BY[found["said_by"]], "outcome_title": OUTCOMES.get(found["outcome"] or "")}
    return found | titles
