"""Models of the reviews API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from services.workflow.complaints.schemas import Reference, Subject
from services.workflow.fields import CountedInstant, Paragraph
from services.workflow.handling.schemas import BadRow, CreditCode, ItemCode, Number, Wrong, row_or_errors

MOST_REVIEWS = 500


class NewReview(BaseModel):
    """A review as the review system has it; without the name or number of who wrote it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "number": "HCP20260305000017",
                "organ_credit_code": "11130922000012345X",
                "code": "11130922000012345X4000116001000",
                "rating": 2,
                "subject": "attitude",
                "text": "窗口推诿",
                "reviewed_at": "2026-03-05T10:00:00+08:00",
            }
        },
    )

    number: Reference = Field(description="Number at the review system")
    organ_credit_code: CreditCode = Field(description="The organ that served")
    code: ItemCode | None = Field(default=None, description="Code of the matter, where the review names one")
    record_number: Number | None = Field(default=None, description="Number of the handling record it is about")
    rating: Annotated[int, Field(ge=1, le=5, description="1 非常不满意, 2 不满意, 3 基本满意, 4 满意, 5 非常满意")]
    subject: Subject = "other"
    text: Paragraph | None = None
    reviewed_at: CountedInstant


class ReviewBatch(BaseModel):
    """Reviews, in any order."""

    model_config = ConfigDict(extra="forbid")

    reviews: list[Annotated[NewReview, WrapValidator(row_or_errors)]] = Field(min_length=1, max_length=MOST_REVIEWS)


class ReviewTaken(BaseModel):
    """What became of one row."""

    number: str | None = Field(examples=["HCP20260305000017"])
    state: Literal["taken", "unchanged", "refused"] = Field(description="unchanged: it is here already")
    id: UUID | None = None
    complaint_id: UUID | None = Field(default=None, description="The complaint a bad review has become")
    errors: list[Wrong] = []


class ReviewsTaken(BaseModel):
    """What became of a batch, row by row in the order given."""

    items: list[ReviewTaken]
    taken: int
    unchanged: int
    refused: int
    complaints: int


class Review(BaseModel):
    """A review."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    region_code: str
    organ_id: UUID
    item_id: UUID | None
    record_number: str | None
    rating: int
    subject: Subject
    text: str | None
    reviewed_at: datetime
    received_at: datetime
    complaint_id: UUID | None


Row = NewReview | BadRow
