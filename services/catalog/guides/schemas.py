"""Models of the guide API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class GuideElement(BaseModel):
    """One of the fourteen elements of a guide."""

    model_config = ConfigDict(from_attributes=True)

    key: str = Field(examples=["materials"])
    title: str = Field(examples=["申请材料"])
    value: Any = Field(description="As the list stores it")
    text: str = Field(description="For readers; empty when nothing is said", examples=["申请表；营业执照"])
    source: str | None = Field(description="implementation or permit", examples=["implementation"])


class Guide(BaseModel):
    """A service guide, generated; it is never typed or stored."""

    item_id: UUID
    version: int = Field(examples=[3])
    permit_id: UUID | None = Field(description="The permit whose specification fills what the entry leaves open")
    permit_version: int | None = Field(examples=[2])
    elements: list[GuideElement]
    notices: list[str] = Field(examples=[["符合要求的，当场受理并出具受理通知书。"]])
    missing: list[str] = Field(description="Elements nobody has said anything about", examples=[["consult_phone"]])
    long_sentences: int = Field(description="Sentences of more than 120 characters", examples=[0])
