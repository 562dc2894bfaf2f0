"""Models of uniformity."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class Variant(BaseModel):
    """One way in which entries of the matter say an element."""

    value: Any = Field(description="Of materials, steps, fees and intermediary services: their names, in order")
    entries: int = Field(examples=[118])
    items: list[UUID] = Field(description="The first of them, at most 5")


class ElementVariants(BaseModel):
    """An element that entries of the matter say differently; what most of them say comes first."""

    element: str = Field(examples=["materials"])
    variants: list[Variant] = Field(description="At most 20")


class MatterDifference(BaseModel):
    """A matter that organs of one level handle differently."""

    base_code: str = Field(examples=["000116101000"])
    level: str = Field(examples=["4"])
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    entries: int = Field(examples=[121])
    organs: int = Field(examples=[121])
    regions: int = Field(examples=[121])
    differences: list[ElementVariants]


class HorizontalReport(BaseModel):
    """A page of matters that are handled differently, by base code and level."""

    items: list[MatterDifference]
    next: str | None = Field(default=None, description="Cursor of the next page")
