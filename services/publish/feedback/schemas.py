"""Models of the feedback API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.subscriptions.schemas import Strict

_PLAIN = r"^[^\x00]*$"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=2_000, pattern=_PLAIN)]
# Whoever mistypes a receipt is told that there is none such, not what a receipt looks like.
Receipt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PLAIN)]
Subject = Literal["inaction", "wrong_action", "content", "other"]
State = Literal["received", "answered"]
Outcome = Literal["corrected", "explained", "unfounded"]
SUBJECTS: dict[str, str] = {"inaction": "不作为", "wrong_action": "乱作为", "content": "内容有误", "other": "其他"}
OUTCOMES: dict[str, str] = {"corrected": "已纠正", "explained": "已说明", "unfounded": "不属实"}
STATES: dict[str, str] = {"received": "办理中", "answered": "已答复"}


class NewFeedback(Strict):
    """What somebody says of a published entry; nobody is asked who he is."""

    subject: Subject = Field(description="inaction 不作为, wrong_action 乱作为, content 内容有误, other 其他")
    text: Words = Field(description="Please name no persons", examples=["窗口要求提交清单中没有的材料"])


class ReceivedFeedback(BaseModel):
    """Feedback that was taken; the receipt is shown this once and is needed to read the answer."""

    id: UUID
    receipt: str | None = Field(examples=["p0f5zT2mQ7eWk1xYc3VbNg"])
    state: State
    state_title: str = Field(examples=["办理中"])
    received_at: datetime
    due_at: datetime = Field(description="When an answer is due")


class ReceiptShown(Strict):
    """Who shows the receipt reads the answer."""

    receipt: Receipt = Field(examples=["p0f5zT2mQ7eWk1xYc3VbNg"])


class _Said(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    item_id: UUID
    item_version: int = Field(description="The published version it was said of", examples=[3])
    subject: Subject
    subject_title: str = Field(examples=["内容有误"])
    text: str
    received_at: datetime
    outcome: Outcome | None
    outcome_title: str | None = Field(examples=["已纠正"])
    answer: str | None
    answered_at: datetime | None


class FeedbackState(_Said):
    """Feedback as whoever gave it sees it."""

    state: State
    state_title: str
    due_at: datetime
    overdue: bool


class ShownFeedback(_Said):
    """Feedback and answer that are public."""


class Feedback(FeedbackState):
    """Feedback as those see it who answer."""

    id: UUID
    list_id: UUID
    region_code: str
    organ_id: UUID | None
    shown: bool = Field(description="Text and answer are public")
    answered_by: str | None
    version: int


class NewAnswer(Strict):
    """The answer to feedback."""

    outcome: Outcome = Field(description="corrected 已纠正, explained 已说明, unfounded 不属实")
    answer: Words = Field(examples=["已按实施清单更正窗口告知单，感谢监督。"])
    shown: bool = Field(default=False, description="Make text and answer public beside the entry")


def titled(row: Any, now: datetime) -> dict[str, Any]:
    """A row with what people read."""
    found = dict(row)
    return found | {
        "subject_title": SUBJECTS[found["subject"]],
        "state_title": STATES[found["state"]],
        "outcome_title": OUTCOMES.get(found["outcome"] or ""),
        "overdue": found["state"] == "received" and found["due_at"] < now,
    }
