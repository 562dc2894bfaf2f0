"""Models of the burden API."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Burden(BaseModel):
    """What a matter costs the applicant; empty where the entry does not say."""

    model_config = ConfigDict(from_attributes=True)

    materials: int | None = Field(description="Required materials", examples=[6])
    steps: int | None = Field(description="Steps of handling", examples=[4])
    visits: int | None = Field(description="Times the applicant must appear", examples=[1])
    days: float | None = Field(description="Working days of the promise, else of the law", examples=[10])
    fees: int | None = Field(description="Kinds of fees", examples=[0])
    amount: float | None = Field(description="Yuan of the fees with an amount", examples=[0])


class BurdenChange(BaseModel):
    """The burden of an entry before and after an adjustment."""

    item_id: UUID
    name: str = Field(examples=["食品经营许可"])
    kind: str = Field(examples=["implementation"])
    list_id: UUID
    before: Burden | None = Field(description="Empty for an entry that is added")
    after: Burden | None = Field(description="Empty for an entry that is cancelled")
    difference: dict[str, float | None] = Field(
        description="After less before; negative is easier", examples=[{"materials": -2, "days": -5}]
    )
