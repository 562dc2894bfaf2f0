"""Models of the complaints API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.complaints.rules import OUTCOMES, SOURCES, STATES, SUBJECTS
from services.workflow.fields import CountedInstant, Paragraph, RegionCode, Storable

Source = Literal["hotline_12345", "good_bad_review", "portal", "letter"]
TakenSource = Literal["hotline_12345", "good_bad_review", "letter"]
Subject = Literal[
    "inaction", "wrong_action", "out_of_list", "disguised_permit", "extra_material", "overtime", "fee", "attitude",
    "content", "other",
]  # fmt: skip
Outcome = Literal["upheld", "partly_upheld", "explained", "unfounded"]
ComplaintState = Literal["received", "answered"]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Storable]


class NewComplaint(BaseModel):
    """A complaint as a channel hands it on; please without the name or number of who complains."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "source": "hotline_12345",
                "reference": "2026030500017",
                "region_code": "130922000000",
                "organ_id": "0197f3a0-0000-7000-8000-000000000003",
                "subject": "extra_material",
                "text": "窗口要求提交清单中没有的学历证明",
            }
        },
    )

    source: TakenSource = Field(description="12345, good/bad review or letter; the portal has its own way in")
    reference: Reference | None = Field(default=None, description="Number at the source; a system always gives it")
    region_code: RegionCode
    organ_id: UUID | None = Field(default=None, description="Empty with an entry: the entry's implementing body")
    item_id: UUID | None = None
    suspect_id: UUID | None = Field(default=None, description="The suspected disguised permit it speaks of")
    subject: Subject
    rating: int | None = Field(default=None, ge=1, le=5, description="Of a review: 1 very bad to 5 very good")
    text: Paragraph
    received_at: CountedInstant | None = Field(default=None, description="At the source; now when empty")


class NewComplaintOfFeedback(BaseModel):
    """Feedback of the portal that is a complaint, whatever its writer has called it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"feedback_id": "0197f3a0-0000-7000-8000-000000000051", "subject": "fee"}},
    )

    feedback_id: UUID
    subject: Subject


class NewComplaintAnswer(BaseModel):
    """The answer to a complaint."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"outcome": "upheld", "answer": "已停止索要，并向申请人致歉。"}}
    )

    outcome: Outcome = Field(description="upheld 属实, partly_upheld 部分属实, explained 已说明, unfounded 不属实")
    answer: Paragraph


class Complaint(BaseModel):
    """A complaint with its limit and its answer."""

    id: UUID
    source: Source
    source_title: str = Field(examples=["12345热线"])
    reference: str | None
    feedback_id: UUID | None = Field(description="Of the portal: where its words and its answer are")
    region_code: str
    organ_id: UUID | None
    item_id: UUID | None
    suspect_id: UUID | None
    subject: Subject
    subject_title: str = Field(examples=["多要材料"])
    rating: int | None
    text: str | None
    state: ComplaintState
    state_title: str
    received_at: datetime
    due_at: datetime
    overdue: bool
    outcome: Outcome | None
    outcome_title: str | None
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    version: int


def view(row: Any, now: datetime) -> Complaint:
    """A complaint as the API tells it."""
    titles = {
        "source_title": SOURCES[row["source"]],
        "subject_title": SUBJECTS[row["subject"]],
        "state_title": STATES[row["state"]],
        "outcome_title": OUTCOMES.get(row["outcome"] or ""),
        "overdue": row["state"] == "received" and row["due_at"] < now,
    }
    return Complaint.model_validate(dict(row) | titles)
