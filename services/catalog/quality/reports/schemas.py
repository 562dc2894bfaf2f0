"""Models of the quality report, its gates and the check."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.catalog.fields import Grounds, RegionText, Strict

Figure = Literal["legality", "authenticity", "accuracy", "completeness", "consistency"]


class FigureShare(BaseModel):
    """One of the five figures."""

    figure: str = Field(examples=["completeness"])
    title: str = Field(examples=["完整性"])
    definition: str = Field(examples=["已填写的必填要素数 ÷ 必填要素数"])
    numerator: int = Field(examples=[198])
    denominator: int = Field(examples=[200])
    share: float | None = Field(description="Empty when nothing was counted yet", examples=[0.99])
    minimum: float | None = Field(description="The gate of the region", examples=[0.95])


class OrganQuality(BaseModel):
    """The figures of one organ in one list."""

    list_id: UUID
    list_kind: str = Field(examples=["implementation"])
    list_title: str = Field(examples=["青县政务服务事项实施清单"])
    organ_id: UUID | None = Field(description="Empty: entries that name no implementing body")
    organ_name: str | None = Field(examples=["青县行政审批局"])
    entries: int = Field(examples=[20])
    warnings: int | None = Field(description="Remarks of the last check", examples=[3])
    checked_at: datetime | None = Field(description="Last check of the list")
    figures: list[FigureShare]


class QualityReport(BaseModel):
    """The figures of all organs and lists asked for, and of all of them together."""

    together: list[FigureShare]
    items: list[OrganQuality]


class NewGate(Strict):
    """What share a figure must reach."""

    figure: Figure = Field(examples=["completeness"])
    minimum: Annotated[float, Field(ge=0, le=1)] | None = Field(
        description="Null takes the region's own gate back", examples=[0.95]
    )


class NewGates(Grounds):
    """Gates of a region; regions below have them, too, unless they set their own."""

    region_code: RegionText = Field(examples=["130922"])
    gates: list[NewGate] = Field(min_length=1, max_length=5)


class Gate(BaseModel):
    """A gate a region has set."""

    region_code: str = Field(examples=["130922000000"])
    figure: str = Field(examples=["completeness"])
    minimum: float = Field(examples=[0.95])
    reason: str | None
    legal_basis: str | None
    set_by: str
    set_at: datetime


class Gates(BaseModel):
    """What a region has set itself, and what holds there."""

    items: list[Gate]
    in_force: dict[str, float] = Field(examples=[{"completeness": 0.95}])


class NewQualityCheck(Strict):
    """A list, or all lists of a region, to be judged entry by entry."""

    list_id: UUID | None = Field(default=None, description="One list")
    region_code: RegionText | None = Field(default=None, description="All lists of a region", examples=["130922"])
    record: bool = Field(default=True, description="Open and close findings, and keep what was counted")
    warnings: bool = Field(default=False, description="Remarks become findings, too", examples=[False])

    @model_validator(mode="after")
    def _one_of(self) -> NewQualityCheck:
        if (self.list_id is None) == (self.region_code is None):
            raise ValueError("请给出 list_id 或 region_code 之一")
        return self


class HallRow(BaseModel):
    """How many entries of an organ are handled together, in the hall, online, by an authorised window (TH-16)."""

    organ_id: UUID | None
    organ_name: str | None = Field(examples=["青县行政审批局"])
    entries: int = Field(examples=[20])
    approval_office: int = Field(examples=[20])
    in_hall: int = Field(examples=[18])
    online: int = Field(examples=[15])
    window_authorised: int = Field(examples=[18])
    lacking: list[str] = Field(description="What not all entries of the organ say yes to", examples=[["in_hall"]])
