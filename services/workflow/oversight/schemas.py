"""Models of the oversight API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.complaints.rules import SUBJECTS
from services.workflow.fields import Line
from services.workflow.handling.rules import KIND_TITLES

Share = Annotated[int, Field(ge=1, le=100)]
LimitUnitName = Literal["working_day", "natural_day", "calendar_month"]
MatterOrigin = Literal["finding", "suspect", "violation", "complaint"]
SHORTCOMINGS = {**SUBJECTS, **KIND_TITLES, "bad_review": "差评", "visits": "到现场次数多"}


class ComplaintLimit(BaseModel):
    """How long complaints of a source may take, and where that stands."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(ge=1, le=120, examples=[5])
    unit: LimitUnitName = "working_day"
    source: Line | None = Field(default=None, description="Document the limit is taken from", examples=["本县办理办法"])
    verified: bool = Field(default=False, description="Somebody has held it against that document")


class HeldLimit(ComplaintLimit):
    """A limit as it holds in a region."""

    set_in: str | None = Field(description="The region that has set it; empty: the product's own", examples=[None])


class ComplaintLimits(BaseModel):
    """How long complaints may take; the superior's limit where one is left out."""

    model_config = ConfigDict(extra="forbid")

    hotline_12345: ComplaintLimit | None = None
    good_bad_review: ComplaintLimit | None = None
    letter: ComplaintLimit | None = None


class NewSettings(BaseModel):
    """What a region sets for itself and those below it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "thresholds": [50, 80, 100],
                "complaint_limits": {
                    "hotline_12345": {"amount": 5, "unit": "working_day", "source": "县热线办理办法", "verified": True}
                },
                "retention_months": 60,
            }
        },
    )

    thresholds: Annotated[list[Share], Field(max_length=10)] | None = Field(
        default=None,
        description="Shares of a handling limit, in per cent, that are warned of; []: no warning, null: the superior's",
    )
    complaint_limits: ComplaintLimits = ComplaintLimits()
    retention_months: int | None = Field(
        default=None,
        ge=12,
        le=1200,
        description="Months that completed handling records without violations are kept; null: the superior's",
    )


class Settings(BaseModel):
    """What holds in a region."""

    region_code: str
    thresholds: list[int] = Field(examples=[[50, 80, 100]])
    complaint_limits: dict[str, HeldLimit]
    retention_months: int | None = Field(description="Empty: handling records are kept for good", examples=[60])
    set_in: dict[str, str | None] = Field(
        description="Part -> the region that has set it; empty: the product's own",
        examples=[{"thresholds": "130922000000", "retention_months": None}],
    )


class Matter(BaseModel):
    """Something that calls for an order to put it right."""

    origin: MatterOrigin
    subject: str = Field(description="As an order takes it", examples=["suspect/0197f3a0-0000-7000-8000-000000000041"])
    region_code: str
    organ_id: UUID | None
    organ_name: str | None
    item_id: UUID | None
    title: str = Field(examples=["户外广告备案"])
    since: datetime
    severity: Literal["ordinary", "serious"]
    remedies: list[str] = Field(examples=[["stop", "change", "complete_basis"]])
    order_id: UUID | None
    order_state: str | None = Field(examples=["issued"])


class Figures(BaseModel):
    """What there was of one organ or region in a time."""

    key: str = Field(description="Id of the organ, or code of the region", examples=["130922000000"])
    name: str | None = Field(examples=["青县"])
    complaints: int
    complaints_upheld: int
    complaints_overdue: int
    violations: int
    violations_serious: int
    violations_open: int
    orders: int
    orders_open: int
    orders_overdue: int
    escalated: int
    highest_level: int = Field(description="How far up the highest order has gone")
    measures: int = Field(description="Times somebody was held to account")
    reviews: int
    reviews_bad: int


class Statistics(BaseModel):
    """Figures of a time, those who are late first."""

    since: datetime
    until: datetime
    by: Literal["organ", "region"]
    items: list[Figures]


class Shortcoming(BaseModel):
    """Something that falls short."""

    organ_id: UUID | None
    organ_name: str | None
    item_id: UUID | None
    item_name: str | None
    source: Literal["complaint", "review", "violation", "visits"]
    what: str = Field(examples=["extra_material"])
    what_title: str = Field(examples=["索要清单以外的材料"])
    count: int = Field(examples=[3])


class Shortcomings(BaseModel):
    """What falls short, the most frequent first."""

    since: datetime
    until: datetime
    items: list[Shortcoming]
